//! Deletes memories and forgets callers.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::actions::Actions;
use super::batch::only_key;
use super::commit::Backoff;
use super::error::{Written, single};
use super::fields::{Fields, text};
use super::keys::{self, HEAD, Item, MEMORIES, PK, PROFILES, Partition, SK};
use super::link_item::MAIN;
use super::memory_item::{MEMORY_ID, Pointer};
use super::state::{CallerState, ERASING, VERSION, new_version};
use super::{Dynamo, StorageError};
use crate::memory::{CallerId, Callers, Change, Link, MemoryId};
use crate::storage::ForgetSummary;

impl Dynamo {
    /// Deletes a memory. Returns whether it existed.
    pub(crate) async fn delete(&self, id: &MemoryId) -> Result<bool, StorageError> {
        let mut backoff = Backoff::new();
        let key = keys::pointer(id);
        loop {
            let found = self.get([key.clone()]).await?;
            let Some(item) = found.get(&key) else {
                return Ok(false);
            };
            let partition = Pointer::try_from(item)?.partition;
            let _locks = self.locks.lock(std::slice::from_ref(&partition)).await;
            let mut copy = self.partition_copy(partition).await?;
            if !copy.has(id) {
                return Ok(false);
            }
            // Planning does not need the time here.
            copy.apply(&Change::Evict(id.clone()), Timestamp::MIN);
            let mut actions = Actions::new(&self.table);
            copy.write(&mut actions, &self.keys)?;
            if self.commit(actions).await? == Written::Yes {
                return Ok(true);
            }
            backoff.after_conflict().await?;
        }
    }

    /// Deletes everything about a person, including links, history and idempotency keys.
    pub(crate) async fn forget(&self, callers: &Callers) -> Result<ForgetSummary, StorageError> {
        let mut summary = ForgetSummary {
            memories: 0,
            profiles: 0,
        };
        let main = self.main_of(callers).await?;
        let others = callers.all().filter(|caller| **caller != main);
        for caller in [&main].into_iter().chain(others) {
            let forgotten = self.forget_one(caller).await?;
            summary.memories += forgotten.memories;
            summary.profiles += forgotten.profiles;
        }
        Ok(summary)
    }

    async fn forget_one(&self, caller: &CallerId) -> Result<ForgetSummary, StorageError> {
        let partition = self.keys.partition(caller);
        let _locks = self.locks.lock(std::slice::from_ref(&partition)).await;
        let items = self.query(&partition, "", &[SK]).await?;
        if items.is_empty() {
            return Ok(ForgetSummary {
                memories: 0,
                profiles: 0,
            });
        }
        let version = self.mark(&partition).await?;
        self.erase(&partition, &version).await
    }

    /// Completes the deletion of a caller that another process began.
    pub(super) async fn finish_erasing(
        &self,
        partition: &Partition,
        state: &CallerState,
    ) -> Result<(), StorageError> {
        let version = state.version.as_deref().unwrap_or_default();
        self.erase(partition, version).await.map(drop)
    }

    /// Marks a caller, so that no write that read an earlier state commits. Returns the version of
    /// the mark.
    async fn mark(&self, partition: &Partition) -> Result<String, StorageError> {
        let version = new_version();
        let mut backoff = Backoff::new();
        loop {
            let result = self
                .client
                .update_item()
                .table_name(&self.table)
                .set_key(Some(partition.key(HEAD)))
                .update_expression("SET #version = :version, #erasing = :true")
                .expression_attribute_names("#version", VERSION)
                .expression_attribute_names("#erasing", ERASING)
                .expression_attribute_values(":version", text(&version))
                .expression_attribute_values(":true", AttributeValue::Bool(true))
                .send()
                .await;
            if single(result)? == Written::Yes {
                return Ok(version);
            }
            backoff.after_conflict().await?;
        }
    }

    /// Deletes all items of a marked caller, the mark last. Pointers come first: only the memories
    /// say which there are, so a deletion that is interrupted can be completed. Linked ids come
    /// before, because only this mark names them.
    async fn erase(
        &self,
        partition: &Partition,
        version: &str,
    ) -> Result<ForgetSummary, StorageError> {
        for link in self.links_of(partition).await? {
            self.erase_linked(&link).await?;
        }
        let items = self.query(partition, "", &[PK, SK, MEMORY_ID]).await?;
        let pointers: Vec<Item> = items.iter().filter_map(pointer).collect();
        let mut doomed = Vec::new();
        let mut counts: HashMap<&str, u64> = HashMap::new();
        for item in &items {
            let fields = Fields::new(item, "key");
            let sort_key = fields.text(SK)?;
            if sort_key == HEAD {
                continue;
            }
            *counts.entry(&sort_key[..2]).or_default() += 1;
            doomed.push(only_key(item));
        }
        self.delete_all(pointers).await?;
        self.delete_all(doomed).await?;
        self.remove_mark(partition, version).await?;
        let count = |kind| counts.get(kind).copied().unwrap_or_default();
        Ok(ForgetSummary {
            memories: count(MEMORIES),
            profiles: count(PROFILES),
        })
    }

    async fn links_of(&self, partition: &Partition) -> Result<Vec<Link>, StorageError> {
        let key = partition.key(HEAD);
        let found = self.get([key.clone()]).await?;
        Ok(CallerState::from_item(found.get(&key))?.links.own)
    }

    /// Deletes all items of a linked id, its item `@` last, unless that is linked to another id now.
    /// An interrupted request may have left more than the link.
    async fn erase_linked(&self, link: &Link) -> Result<(), StorageError> {
        let partition = self.keys.partition(&link.caller_id);
        let key = partition.key(HEAD);
        let found = self.get([key.clone()]).await?;
        if CallerState::from_item(found.get(&key))?.links.main.as_ref() != Some(&link.main_id) {
            return Ok(());
        }
        let mut items = self.query(&partition, "", &[PK, SK, MEMORY_ID]).await?;
        items.retain(|item| only_key(item) != key);
        self.delete_all(items.iter().filter_map(pointer).collect())
            .await?;
        self.delete_all(items.iter().map(only_key).collect())
            .await?;
        let result = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key))
            .condition_expression("#main = :main")
            .expression_attribute_names("#main", MAIN)
            .expression_attribute_values(":main", text(link.main_id.as_str()))
            .send()
            .await;
        single(result).map(drop)
    }

    /// Deletes the mark, unless another process has deleted it already.
    async fn remove_mark(&self, partition: &Partition, version: &str) -> Result<(), StorageError> {
        let result = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(partition.key(HEAD)))
            .condition_expression("#version = :version")
            .expression_attribute_names("#version", VERSION)
            .expression_attribute_values(":version", text(version))
            .send()
            .await;
        single(result).map(drop)
    }

    /// Does nothing: DynamoDB deletes what has expired.
    pub(crate) async fn sweep(&self, _: Timestamp, _: i64) -> Result<u64, StorageError> {
        Ok(0)
    }
}

/// The key of the pointer to a memory; `None` for other items.
fn pointer(item: &Item) -> Option<Item> {
    let id = item.get(MEMORY_ID)?.as_s().ok()?;
    MemoryId::parse(id).ok().map(|id| keys::pointer(&id))
}
