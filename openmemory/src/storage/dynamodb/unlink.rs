//! Unlinks an id: what was told under it moves back.
//!
//! Each transaction moves some memories. The last one removes the link, so a repeated request
//! completes an interrupted one, and until then readers find everything under the linked id.

use super::actions::Actions;
use super::batch::only_key;
use super::commit::Backoff;
use super::error::Written;
use super::fields::{size, text};
use super::keys::{self, Item, MEMORIES, PK, PROFILES, SK};
use super::memory_item::{CALLER, StoredMemory, TOLD_AS};
use super::state::next_item;
use super::working_copy::WorkingCopy;
use super::{Dynamo, StorageError};
use crate::memory::{CallerId, Callers, Memory, Person, UnlinkError};

/// The most actions for one memory: it is written, deleted, and gets another pointer.
const ACTIONS: usize = 3;
/// The states of both ids.
const STATES: usize = 2;

/// A move from the main id of a person back to a linked id.
struct Return<'a> {
    id: &'a CallerId,
    main: WorkingCopy,
    own: WorkingCopy,
    /// The memories that were told under the id.
    items: Vec<Item>,
}

impl Dynamo {
    /// Unlinks an id from the person to whom a caller belongs. Deletes the profiles of the person,
    /// which may contain something of both.
    pub(crate) async fn unlink(
        &self,
        callers: &Callers,
        id: &CallerId,
    ) -> Result<Result<Person, UnlinkError>, StorageError> {
        let mut backoff = Backoff::new();
        loop {
            let person = self.identities(callers).await?;
            let removed = match person.link_to_remove(id) {
                Ok(removed) => removed,
                Err(error) => return Ok(Err(error)),
            };
            self.delete_profiles(&person.main).await?;
            match self.return_some(&person.main, &removed).await? {
                Some(true) => {
                    self.delete_profiles(&person.main).await?;
                    self.delete_profiles(&removed).await?;
                    return Ok(Ok(self.identities(&person.main.into()).await?));
                }
                Some(false) => {}
                None => backoff.after_conflict().await?,
            }
        }
    }

    /// Moves some memories. Returns whether these were all; `None` after a conflict.
    async fn return_some(
        &self,
        main: &CallerId,
        id: &CallerId,
    ) -> Result<Option<bool>, StorageError> {
        let partitions = [main, id].map(|caller| self.keys.partition(caller));
        let _locks = self.locks.lock(&partitions).await;
        let mut returning = Return {
            id,
            main: self.working_copy(main).await?,
            own: self.working_copy(id).await?,
            items: self.query(&partitions[0], MEMORIES, &[]).await?,
        };
        returning.items.retain(|item| {
            let told_as = item.get(TOLD_AS).and_then(|told_as| told_as.as_s().ok());
            told_as.is_some_and(|told_as| told_as == id.as_str())
        });
        let mut actions = Actions::new(&self.table);
        let is_last = returning.write(&mut actions, self)?;
        let written = self.commit(actions).await?;
        Ok((written == Written::Yes).then_some(is_last))
    }

    async fn delete_profiles(&self, caller: &CallerId) -> Result<(), StorageError> {
        let partition = self.keys.partition(caller);
        let profiles = self.query(&partition, PROFILES, &[PK, SK]).await?;
        self.delete_all(profiles.iter().map(only_key).collect())
            .await
    }
}

impl Return<'_> {
    /// Writes as many memories as fit into a transaction. Returns whether these are all; then the
    /// link is removed too.
    fn write(&mut self, actions: &mut Actions, engine: &Dynamo) -> Result<bool, StorageError> {
        let mut own: Vec<Memory> = self
            .own
            .remaining()
            .map(|stored| stored.memory.clone())
            .collect();
        let mut rest: Vec<Memory> = self
            .main
            .remaining()
            .map(|stored| stored.memory.clone())
            .collect();
        let mut moved = 0;
        for item in &self.items {
            if !actions.has_room_for(ACTIONS + STATES, size(item)) {
                break;
            }
            let stored = StoredMemory::try_from(item)?;
            actions.delete_existing(only_key(item))?;
            actions.put_new(self.moved(item, stored.seq))?;
            actions.put(stored.pointer(&self.own.partition))?;
            rest.retain(|memory| memory.id != stored.memory.id);
            self.own.state.seq = self.own.state.seq.max(stored.seq);
            own.push(stored.memory);
            moved += 1;
        }
        let is_last = moved == self.items.len();
        if is_last {
            self.own.state.links.main = None;
            let links = &mut self.main.state.links.own;
            links.retain(|link| link.caller_id != *self.id);
        }
        for (copy, memories) in [(&self.main, &rest), (&self.own, &own)] {
            let item = next_item(&copy.partition, &copy.state, memories.iter(), &engine.keys)?;
            actions.put_state(item, copy.state.version.as_deref())?;
        }
        Ok(is_last)
    }

    /// The item of a memory under the linked id.
    fn moved(&self, item: &Item, seq: i64) -> Item {
        let mut moved = item.clone();
        moved.insert(PK.to_owned(), text(self.own.partition.as_str()));
        moved.insert(SK.to_owned(), text(keys::memory(seq)));
        moved.insert(CALLER.to_owned(), text(self.id.as_str()));
        moved.remove(TOLD_AS);
        moved
    }
}
