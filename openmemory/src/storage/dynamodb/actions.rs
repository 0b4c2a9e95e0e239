//! Builds the actions of a transaction.

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem, Update};

use super::StorageError;
use super::error::DynamoError;
use super::fields::{EXPIRES, expiry, json, number, size, text, time};
use super::keys::{Item, Partition};
use super::memory_item::{
    EXPIRES_AT, HAPPENED_AT, IMPORTANCE, MEMORY_ID, METADATA, REINFORCEMENTS, SUPERSEDED_AT,
    SUPERSEDED_BY, StoredMemory, UPDATED_AT,
};
use super::state::VERSION;

/// Actions that DynamoDB accepts in one transaction.
pub(super) const MAX_ACTIONS: usize = 100;
/// Bytes in one transaction. DynamoDB accepts 4 MB.
const MAX_BYTES: usize = 3_000_000;
/// Bytes of an item. DynamoDB accepts 400 KB.
const MAX_ITEM_BYTES: usize = 395_000;

const IS_NEW: &str = "attribute_not_exists(PK)";
const EXISTS: &str = "attribute_exists(PK)";

/// The actions of one transaction. No item may occur twice.
pub(super) struct Actions {
    table: String,
    items: Vec<TransactWriteItem>,
    bytes: usize,
}

impl Actions {
    pub(super) fn new(table: &str) -> Self {
        Self {
            table: table.to_owned(),
            items: Vec::new(),
            bytes: 0,
        }
    }

    pub(super) fn into_items(self) -> Vec<TransactWriteItem> {
        self.items
    }

    /// Whether the actions exceed one transaction.
    pub(super) fn is_too_large(&self) -> bool {
        self.items.len() > MAX_ACTIONS || self.bytes > MAX_BYTES
    }

    /// Whether this many more actions with this many bytes fit in.
    pub(super) fn has_room_for(&self, actions: usize, bytes: usize) -> bool {
        self.items.len() + actions <= MAX_ACTIONS && self.bytes + bytes <= MAX_BYTES
    }

    /// Writes an item that must not exist.
    pub(super) fn put_new(&mut self, item: Item) -> Result<(), StorageError> {
        let put = self.put_builder(item)?.condition_expression(IS_NEW);
        self.add_put(put.build())
    }

    /// Writes an item.
    pub(super) fn put(&mut self, item: Item) -> Result<(), StorageError> {
        let put = self.put_builder(item)?;
        self.add_put(put.build())
    }

    /// Writes the item `@` if it still has the version that was read.
    pub(super) fn put_state(&mut self, item: Item, seen: Option<&str>) -> Result<(), StorageError> {
        let put = self.put_builder(item)?;
        let put = match seen {
            Some(version) => put
                .condition_expression("#version = :seen")
                .expression_attribute_names("#version", VERSION)
                .expression_attribute_values(":seen", text(version)),
            None => put.condition_expression(IS_NEW),
        };
        self.add_put(put.build())
    }

    /// Deletes an item, whether it exists or not.
    pub(super) fn delete(&mut self, key: Item) -> Result<(), StorageError> {
        let delete = Delete::builder().table_name(&self.table).set_key(Some(key));
        self.add_delete(delete.build())
    }

    /// Deletes an item that must exist.
    pub(super) fn delete_existing(&mut self, key: Item) -> Result<(), StorageError> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(key))
            .condition_expression(EXISTS);
        self.add_delete(delete.build())
    }

    /// Deletes the item `@` if it still has the version that was read.
    pub(super) fn delete_state(&mut self, key: Item, seen: &str) -> Result<(), StorageError> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(key))
            .condition_expression("#version = :seen")
            .expression_attribute_names("#version", VERSION)
            .expression_attribute_values(":seen", text(seen));
        self.add_delete(delete.build())
    }

    /// Writes what reinforcing or superseding changes in a stored memory.
    pub(super) fn update_memory(
        &mut self,
        partition: &Partition,
        stored: &StoredMemory,
    ) -> Result<(), StorageError> {
        let memory = &stored.memory;
        let mut set = vec![
            (REINFORCEMENTS, number(memory.reinforcement_count)),
            (UPDATED_AT, time(memory.updated_at)),
        ];
        let mut expression = String::new();
        match memory.expires_at {
            Some(expires_at) => set.extend([
                (EXPIRES_AT, time(expires_at)),
                (EXPIRES, expiry(expires_at)),
            ]),
            None => expression = format!(" REMOVE {EXPIRES_AT}, {EXPIRES}"),
        }
        if let Some(superseded) = &memory.superseded {
            set.extend([
                (SUPERSEDED_BY, text(superseded.by.as_str())),
                (SUPERSEDED_AT, time(superseded.at)),
            ]);
        }
        let assignments: Vec<String> = set
            .iter()
            .map(|(name, _)| format!("{name} = :{name}"))
            .collect();
        let update = set.into_iter().fold(
            Update::builder()
                .table_name(&self.table)
                .set_key(Some(partition.key(&super::keys::memory(stored.seq))))
                .update_expression(format!("SET {}{expression}", assignments.join(", ")))
                .condition_expression(format!("{MEMORY_ID} = :{MEMORY_ID}"))
                .expression_attribute_values(format!(":{MEMORY_ID}"), text(memory.id.as_str())),
            |update, (name, value)| update.expression_attribute_values(format!(":{name}"), value),
        );
        let update = update.build().map_err(incomplete)?;
        self.items
            .push(TransactWriteItem::builder().update(update).build());
        Ok(())
    }

    /// Writes what an edit changes in a stored memory. The item also holds a vector, for which the
    /// limit leaves room.
    pub(super) fn edit_memory(
        &mut self,
        partition: &Partition,
        stored: &StoredMemory,
    ) -> Result<(), StorageError> {
        let memory = &stored.memory;
        let bytes = size(&stored.to_item(partition, None)?);
        if bytes > MAX_ITEM_BYTES {
            return Err(StorageError::TooLarge);
        }
        self.bytes += bytes;
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(partition.key(&super::keys::memory(stored.seq))))
            .update_expression(
                "SET #importance = :importance, #metadata = :metadata, #happened_at = :happened_at",
            )
            .condition_expression("#id = :id")
            .expression_attribute_names("#importance", IMPORTANCE)
            .expression_attribute_names("#metadata", METADATA)
            .expression_attribute_names("#happened_at", HAPPENED_AT)
            .expression_attribute_names("#id", MEMORY_ID)
            .expression_attribute_values(":importance", number(memory.importance))
            .expression_attribute_values(":metadata", json(&memory.metadata)?)
            .expression_attribute_values(":happened_at", time(memory.happened_at))
            .expression_attribute_values(":id", text(memory.id.as_str()))
            .build()
            .map_err(incomplete)?;
        self.items
            .push(TransactWriteItem::builder().update(update).build());
        Ok(())
    }

    fn put_builder(
        &mut self,
        item: Item,
    ) -> Result<aws_sdk_dynamodb::types::builders::PutBuilder, StorageError> {
        let bytes = size(&item);
        if bytes > MAX_ITEM_BYTES {
            return Err(StorageError::TooLarge);
        }
        self.bytes += bytes;
        Ok(Put::builder().table_name(&self.table).set_item(Some(item)))
    }

    fn add_put(&mut self, put: Result<Put, BuildError>) -> Result<(), StorageError> {
        let put = put.map_err(incomplete)?;
        self.items
            .push(TransactWriteItem::builder().put(put).build());
        Ok(())
    }

    fn add_delete(&mut self, delete: Result<Delete, BuildError>) -> Result<(), StorageError> {
        let delete = delete.map_err(incomplete)?;
        self.items
            .push(TransactWriteItem::builder().delete(delete).build());
        Ok(())
    }
}

pub(super) fn incomplete(error: BuildError) -> StorageError {
    DynamoError::Request(Box::new(error)).into()
}
