//! Queries one partition, page by page.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;

use super::error::failed;
use super::fields::text;
use super::keys::{Item, Partition};
use super::{Dynamo, StorageError};

/// The item `@` and the memories sort before it, profiles and receipts after it.
const AFTER_MEMORIES: &str = "N";

impl Dynamo {
    /// Loads the item `@` and the memories of a partition, in this order. `fields` are the attributes
    /// to load.
    pub(super) async fn query_with_state(
        &self,
        partition: &Partition,
        fields: &[&str],
    ) -> Result<Vec<Item>, StorageError> {
        let query = self
            .selected(partition, fields)
            .key_condition_expression("PK = :pk AND SK < :end")
            .expression_attribute_values(":end", text(AFTER_MEMORIES));
        all_pages(&query).await
    }

    /// Loads the items of a partition whose sort keys begin with `prefix`, in order. `fields` are
    /// the attributes to load; an empty list loads all.
    pub(super) async fn query(
        &self,
        partition: &Partition,
        prefix: &str,
        fields: &[&str],
    ) -> Result<Vec<Item>, StorageError> {
        let selected = self.selected(partition, fields);
        let query = if prefix.is_empty() {
            selected.key_condition_expression("PK = :pk")
        } else {
            selected
                .key_condition_expression("PK = :pk AND begins_with(SK, :prefix)")
                .expression_attribute_values(":prefix", text(prefix))
        };
        all_pages(&query).await
    }

    fn selected(&self, partition: &Partition, fields: &[&str]) -> QueryFluentBuilder {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .expression_attribute_values(":pk", text(partition.as_str()));
        if fields.is_empty() {
            return query;
        }
        let (expression, names) = projection(fields);
        names.into_iter().fold(
            query.projection_expression(expression),
            |query, (alias, name)| query.expression_attribute_names(alias, name),
        )
    }
}

/// Sends a query until its last page.
async fn all_pages(query: &QueryFluentBuilder) -> Result<Vec<Item>, StorageError> {
    let mut items = Vec::new();
    let mut start = None;
    loop {
        let page = query
            .clone()
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(failed)?;
        items.extend(page.items.unwrap_or_default());
        start = page.last_evaluated_key.filter(|key| !key.is_empty());
        if start.is_none() {
            return Ok(items);
        }
    }
}

/// An expression that selects attributes by aliases, because many names are reserved words.
pub(super) fn projection(fields: &[&str]) -> (String, Vec<(String, String)>) {
    let names: Vec<(String, String)> = fields
        .iter()
        .enumerate()
        .map(|(at, field)| (format!("#f{at}"), (*field).to_owned()))
        .collect();
    let aliases: Vec<&str> = names.iter().map(|(alias, _)| alias.as_str()).collect();
    (aliases.join(", "), names)
}
