//! Reads and deletes many items, and repeats what DynamoDB left unprocessed.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{DeleteRequest, KeysAndAttributes, WriteRequest};
use futures_util::future::try_join_all;

use super::actions::incomplete;
use super::commit::Backoff;
use super::error::{DynamoError, failed};
use super::keys::{Item, PK, SK};
use super::{Dynamo, StorageError};

/// Keys that DynamoDB accepts in one `BatchGetItem`.
const MAX_READS: usize = 100;
/// Deletions that DynamoDB accepts in one `BatchWriteItem`.
const MAX_WRITES: usize = 25;
/// Batches of deletions that are sent at once.
const CONCURRENT_WRITES: usize = 4;

/// Items by their partition and sort keys.
pub(super) struct Found(HashMap<(String, String), Item>);

impl Found {
    /// The item with this key, if it exists.
    pub(super) fn get(&self, key: &Item) -> Option<&Item> {
        self.0.get(&key_of(key))
    }
}

impl Dynamo {
    /// Loads the items with these keys. A key may occur more than once.
    pub(super) async fn get(
        &self,
        keys: impl IntoIterator<Item = Item>,
    ) -> Result<Found, StorageError> {
        let distinct: HashMap<(String, String), Item> =
            keys.into_iter().map(|key| (key_of(&key), key)).collect();
        let mut waiting: Vec<Item> = distinct.into_values().collect();
        let mut found = HashMap::new();
        let mut backoff = Backoff::new();
        while !waiting.is_empty() {
            let rest = waiting.split_off(waiting.len().min(MAX_READS));
            let read = self.get_some(waiting, &mut found).await?;
            waiting = rest;
            if !read.is_empty() {
                waiting.extend(read);
                backoff.wait(DynamoError::Throttled).await?;
            }
        }
        Ok(Found(found))
    }

    /// Loads some items and returns the keys that were not processed.
    async fn get_some(
        &self,
        keys: Vec<Item>,
        found: &mut HashMap<(String, String), Item>,
    ) -> Result<Vec<Item>, StorageError> {
        let request = KeysAndAttributes::builder()
            .consistent_read(true)
            .set_keys(Some(keys))
            .build()
            .map_err(incomplete)?;
        let mut output = self
            .client
            .batch_get_item()
            .request_items(&self.table, request)
            .send()
            .await
            .map_err(failed)?;
        let items = output
            .responses
            .as_mut()
            .and_then(|all| all.remove(&self.table));
        found.extend(
            items
                .into_iter()
                .flatten()
                .map(|item| (key_of(&item), item)),
        );
        let unprocessed = output
            .unprocessed_keys
            .as_mut()
            .and_then(|all| all.remove(&self.table));
        Ok(unprocessed.map(|keys| keys.keys).unwrap_or_default())
    }

    /// Deletes the items with these keys.
    pub(super) async fn delete_all(&self, keys: Vec<Item>) -> Result<(), StorageError> {
        for group in keys.chunks(MAX_WRITES * CONCURRENT_WRITES) {
            let batches = group.chunks(MAX_WRITES);
            try_join_all(batches.map(|batch| self.delete_some(batch))).await?;
        }
        Ok(())
    }

    async fn delete_some(&self, keys: &[Item]) -> Result<(), StorageError> {
        let mut waiting = Vec::new();
        for key in keys {
            let delete = DeleteRequest::builder()
                .set_key(Some(key.clone()))
                .build()
                .map_err(incomplete)?;
            waiting.push(WriteRequest::builder().delete_request(delete).build());
        }
        let mut backoff = Backoff::new();
        loop {
            let output = self
                .client
                .batch_write_item()
                .request_items(&self.table, waiting)
                .send()
                .await
                .map_err(failed)?;
            let unprocessed = output.unprocessed_items;
            waiting = unprocessed
                .and_then(|mut all| all.remove(&self.table))
                .unwrap_or_default();
            if waiting.is_empty() {
                return Ok(());
            }
            backoff.wait(DynamoError::Throttled).await?;
        }
    }
}

/// The partition and sort key of an item.
pub(super) fn key_of(item: &Item) -> (String, String) {
    let part = |name: &str| {
        let value = item.get(name).and_then(|value| value.as_s().ok());
        value.cloned().unwrap_or_default()
    };
    (part(PK), part(SK))
}

/// Only the key of an item.
pub(super) fn only_key(item: &Item) -> Item {
    item.iter()
        .filter(|(name, _)| matches!(name.as_str(), PK | SK))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
