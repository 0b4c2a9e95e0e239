//! Queries one partition, page by page.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;

use super::error::failed;
use super::fields::text;
use super::keys::{Item, Partition};
use super::{Dynamo, StorageError};

impl Dynamo {
    /// Loads the items of a partition whose sort keys begin with `prefix`, in order. `fields` are
    /// the attributes to load; an empty list loads all.
    pub(super) async fn query(
        &self,
        partition: &Partition,
        prefix: &str,
        fields: &[&str],
    ) -> Result<Vec<Item>, StorageError> {
        let mut items = Vec::new();
        let mut start = None;
        loop {
            let page = self
                .page(partition, prefix, fields)
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

    fn page(&self, partition: &Partition, prefix: &str, fields: &[&str]) -> QueryFluentBuilder {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .expression_attribute_values(":pk", text(partition.as_str()));
        let query = if prefix.is_empty() {
            query.key_condition_expression("PK = :pk")
        } else {
            query
                .key_condition_expression("PK = :pk AND begins_with(SK, :prefix)")
                .expression_attribute_values(":prefix", text(prefix))
        };
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
