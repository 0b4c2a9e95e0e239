//! Imports profiles and receipts: items that do not depend on others.

use std::collections::HashMap;

use super::actions::Actions;
use super::batch::{key_of, only_key};
use super::commit::Backoff;
use super::error::Written;
use super::keys::Item;
use super::{Dynamo, StorageError, profile_item, receipt_item};
use crate::memory::{Profile, SavedReceipt};

/// Items that are written in one transaction, unless they are large.
const ITEMS: usize = 100;

impl Dynamo {
    /// Adds profiles that do not exist. Returns their number.
    pub(super) async fn add_profiles(&self, profiles: &[Profile]) -> Result<u64, StorageError> {
        let items = profiles
            .iter()
            .map(|profile| profile_item::to_item(profile, &self.keys));
        self.add_items(items.collect::<Result<_, _>>()?).await
    }

    /// Adds receipts that do not exist. Returns their number.
    pub(super) async fn add_receipts(
        &self,
        receipts: &[SavedReceipt],
    ) -> Result<u64, StorageError> {
        let items = receipts
            .iter()
            .map(|saved| receipt_item::to_item(saved, &self.keys, None));
        self.add_items(items.collect::<Result<_, _>>()?).await
    }

    async fn add_items(&self, items: Vec<Item>) -> Result<u64, StorageError> {
        let mut distinct: HashMap<(String, String), Item> = HashMap::new();
        for item in items {
            distinct.entry(key_of(&item)).or_insert(item);
        }
        let mut added = 0;
        let mut backoff = Backoff::new();
        let mut waiting: Vec<Item> = distinct.into_values().collect();
        while !waiting.is_empty() {
            let rest = waiting.split_off(waiting.len().min(ITEMS));
            let found = self.get(waiting.iter().map(only_key)).await?;
            waiting.retain(|item| found.get(&only_key(item)).is_none());
            let mut actions = Actions::new(&self.table);
            let mut written = 0;
            for item in &waiting {
                if actions.has_room_for(1, super::fields::size(item)) {
                    actions.put_new(item.clone())?;
                    written += 1;
                }
            }
            if written > 0 && self.commit(actions).await? == Written::Conflict {
                backoff.after_conflict().await?;
            } else {
                added += written as u64;
                waiting.drain(..written);
            }
            waiting.extend(rest);
        }
        Ok(added)
    }
}
