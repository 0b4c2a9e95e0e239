//! Moves what is stored under an older or linked id of a caller to another id, so that the checks for
//! duplicates, successors and limits see one caller.
//!
//! Each transaction moves some items. If the process stops in between, readers find the rest under
//! the older id, and the next write continues. The item `@` of a linked id stays, because it names
//! the main id.

use std::collections::HashSet;

use futures_util::future::try_join_all;
use jiff::Timestamp;

use super::actions::Actions;
use super::batch::{Found, only_key};
use super::commit::Backoff;
use super::error::Written;
use super::fields::{size, text};
use super::keys::{self, HEAD, Item, MEMORIES, PK, PROFILES, Partition, SK};
use super::memory_item::{CALLER, StoredMemory, TOLD_AS};
use super::state::{CallerState, next_item};
use super::working_copy::WorkingCopy;
use super::{Dynamo, StorageError};
use crate::memory::{CallerId, Callers, Memory, Profile};

/// The most actions for one item: a memory is written, deleted, and gets another pointer.
const ACTIONS: usize = 3;
/// The states of both ids.
const STATES: usize = 2;

/// A move from an older or linked id of a caller to another.
struct Move<'a> {
    caller: &'a CallerId,
    /// Under which id the memories were told, unless they say it themselves.
    told_as: Option<&'a CallerId>,
    current: WorkingCopy,
    alias: Partition,
    alias_state: CallerState,
    /// The items under the older id, except the state.
    items: Vec<Item>,
    /// The items under the current id that some of them would replace.
    own: Found,
    now: Timestamp,
}

impl Dynamo {
    /// Moves everything that is stored under older ids of a caller. Leaves ids alone that are linked
    /// to others: readers find them through the link.
    pub(super) async fn adopt(
        &self,
        callers: &Callers,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        let aliases: Vec<Partition> = callers
            .aliases()
            .iter()
            .map(|alias| self.keys.partition(alias))
            .collect();
        let queries = aliases.iter().map(|alias| self.query(alias, "", &[SK]));
        let found = try_join_all(queries).await?;
        for (alias, items) in aliases.iter().zip(found) {
            if !items.is_empty() {
                let current = callers.current();
                let main = self.main_of(&current.clone().into()).await?;
                let told_as = (main != *current).then_some(current);
                self.adopt_one(&main, alias, told_as, now).await?;
            }
        }
        Ok(())
    }

    /// Moves everything from one partition to a caller.
    pub(super) async fn adopt_one(
        &self,
        caller: &CallerId,
        alias: &Partition,
        told_as: Option<&CallerId>,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        let current = self.keys.partition(caller);
        let _locks = self.locks.lock(&[alias.clone(), current]).await;
        let mut backoff = Backoff::new();
        loop {
            let Some(moving) = self.load_move(caller, alias, told_as, now).await? else {
                return Ok(());
            };
            let mut actions = Actions::new(&self.table);
            let is_last = moving.write(&mut actions, self)?;
            if self.commit(actions).await? == Written::Conflict {
                backoff.after_conflict().await?;
            } else if is_last {
                return Ok(());
            }
        }
    }

    async fn load_move<'a>(
        &self,
        caller: &'a CallerId,
        alias: &Partition,
        told_as: Option<&'a CallerId>,
        now: Timestamp,
    ) -> Result<Option<Move<'a>>, StorageError> {
        // This completes an interrupted deletion of the older id.
        let alias_state = self.partition_copy(alias.clone()).await?.state;
        let current = self.working_copy(caller).await?;
        let mut items = self.query(alias, "", &[]).await?;
        if items.is_empty() {
            return Ok(None);
        }
        items.retain(|item| sort_key(item) != HEAD);
        let links = &alias_state.links;
        let is_moved = links.main.is_some() && items.is_empty();
        let is_elsewhere = links.main.as_ref().is_some_and(|main| main != caller);
        // A link of the caller appeared in between: the next write sees it.
        let is_linked = current.state.links.main.is_some();
        if is_moved || is_elsewhere || is_linked || !links.own.is_empty() {
            return Ok(None);
        }
        let replaced = items
            .iter()
            .map(sort_key)
            .filter(|key| !key.starts_with(MEMORIES))
            .map(|key| current.partition.key(key));
        let own = self.get(replaced).await?;
        Ok(Some(Move {
            caller,
            told_as,
            current,
            alias: alias.clone(),
            alias_state,
            items,
            own,
            now,
        }))
    }
}

impl Move<'_> {
    /// Writes as many items as fit into a transaction. Returns whether these are all.
    fn write(&self, actions: &mut Actions, engine: &Dynamo) -> Result<bool, StorageError> {
        let mut taken: HashSet<i64> = self.current.remaining().map(|stored| stored.seq).collect();
        let mut memories: Vec<Memory> = self
            .current
            .remaining()
            .map(|stored| stored.memory.clone())
            .collect();
        let mut moved = 0;
        for item in &self.items {
            if !actions.has_room_for(ACTIONS + STATES, size(item)) {
                break;
            }
            actions.delete_existing(only_key(item))?;
            if sort_key(item).starts_with(MEMORIES) {
                let mut stored = StoredMemory::try_from(item)?;
                while !taken.insert(stored.seq) {
                    stored.seq += 1;
                }
                actions.put_new(self.moved(item, &keys::memory(stored.seq)))?;
                actions.put(stored.pointer(&self.current.partition))?;
                memories.push(stored.memory);
            } else if !self.is_replaced(item)? {
                actions.put(self.moved(item, sort_key(item)))?;
            }
            moved += 1;
        }
        let seq = taken.into_iter().fold(self.current.state.seq, i64::max);
        let mut next = self.current.state.clone();
        next.seq = seq;
        let state = next_item(
            &self.current.partition,
            &next,
            memories.iter(),
            &engine.keys,
        )?;
        actions.put_state(state, self.current.state.version.as_deref())?;
        let rest = &self.items[moved..];
        self.write_alias_state(rest, actions, engine)?;
        Ok(rest.is_empty())
    }

    /// Deletes the state of the older id, or writes the next one if some items stay for now or the
    /// id is linked.
    fn write_alias_state(
        &self,
        rest: &[Item],
        actions: &mut Actions,
        engine: &Dynamo,
    ) -> Result<(), StorageError> {
        let seen = self.alias_state.version.as_deref();
        if !rest.is_empty() || self.alias_state.links.main.is_some() {
            let memories: Vec<Memory> = rest
                .iter()
                .filter(|item| sort_key(item).starts_with(MEMORIES))
                .map(|item| Ok(StoredMemory::try_from(item)?.memory))
                .collect::<Result<_, StorageError>>()?;
            let state = next_item(
                &self.alias,
                &self.alias_state,
                memories.iter(),
                &engine.keys,
            )?;
            return actions.put_state(state, seen);
        }
        match seen {
            Some(version) => actions.delete_state(self.alias.key(HEAD), version),
            None => Ok(()),
        }
    }

    /// The item under the current id.
    fn moved(&self, item: &Item, sort_key: &str) -> Item {
        let mut moved = item.clone();
        moved.insert(PK.to_owned(), text(self.current.partition.as_str()));
        moved.insert(SK.to_owned(), text(sort_key));
        moved.insert(CALLER.to_owned(), text(self.caller.as_str()));
        if let Some(told_as) = self.told_as.filter(|_| sort_key.starts_with(MEMORIES)) {
            moved
                .entry(TOLD_AS.to_owned())
                .or_insert_with(|| text(told_as.as_str()));
        }
        moved
    }

    /// Whether a profile or receipt gives way to the one of the current id. Of two profiles, the
    /// one that was written last stays, unless it has expired; of two receipts, the one of the
    /// current id.
    fn is_replaced(&self, item: &Item) -> Result<bool, StorageError> {
        let key = sort_key(item);
        let own = self.own.get(&self.current.partition.key(key));
        if !key.starts_with(PROFILES) {
            return Ok(own.is_some());
        }
        let profile = Profile::try_from(item)?;
        if profile.expires_at <= self.now {
            return Ok(true);
        }
        let Some(own) = own.map(Profile::try_from).transpose()? else {
            return Ok(false);
        };
        Ok(own.expires_at > self.now && own.updated_at >= profile.updated_at)
    }
}

fn sort_key(item: &Item) -> &str {
    let value = item.get(SK).and_then(|value| value.as_s().ok());
    value.map(String::as_str).unwrap_or_default()
}
