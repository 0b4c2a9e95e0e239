//! Links the ids of one person.
//!
//! One transaction writes the link into the items `@` of both ids. Writes that read an earlier
//! state then conflict, read again and find the link. Only then everything moves to the main id: a
//! repeated request completes an interrupted move.

use jiff::Timestamp;

use super::actions::Actions;
use super::commit::Backoff;
use super::error::Written;
use super::keys::{HEAD, Item};
use super::state::CallerState;
use super::{Dynamo, StorageError};
use crate::memory::{CallerId, Callers, Link, LinkError, Person};

impl Dynamo {
    /// Loads the ids of the person to whom a caller belongs.
    pub(crate) async fn identities(&self, callers: &Callers) -> Result<Person, StorageError> {
        let main = self.main_of(callers).await?;
        let key = self.keys.partition(&main).key(HEAD);
        let found = self.get([key.clone()]).await?;
        let state = CallerState::from_item(found.get(&key))?;
        Ok(Person {
            links: state.links.own,
            main,
        })
    }

    /// Links two persons and moves everything under one main id.
    pub(crate) async fn link(
        &self,
        one: &Callers,
        other: &Callers,
        by: Option<&str>,
        now: Timestamp,
    ) -> Result<Result<Person, LinkError>, StorageError> {
        self.adopt(one, now).await?;
        self.adopt(other, now).await?;
        let mut backoff = Backoff::new();
        loop {
            let joined = self.identities(one).await?;
            let union = match joined.union(&self.identities(other).await?) {
                Ok(Some(union)) => union,
                Ok(None) => {
                    self.move_linked(&joined, now).await?;
                    return Ok(Ok(joined));
                }
                Err(error) => return Ok(Err(error)),
            };
            let link = Link {
                caller_id: union.added,
                main_id: union.main,
                linked_at: now,
                linked_by: by.map(str::to_owned),
            };
            if self.write_link(&link).await? == Written::Yes {
                let person = self.identities(&Callers::from(link.main_id)).await?;
                self.move_linked(&person, now).await?;
                return Ok(Ok(person));
            }
            backoff.after_conflict().await?;
        }
    }

    /// Adds a link unless the id is linked or has linked ids itself, or the main id is linked.
    /// Returns whether it was added.
    pub(super) async fn import_link(
        &self,
        link: &Link,
        now: Timestamp,
    ) -> Result<bool, StorageError> {
        let mut backoff = Backoff::new();
        loop {
            let main = self.identities(&link.main_id.clone().into()).await?;
            let added = self.identities(&link.caller_id.clone().into()).await?;
            let is_free = main.main == link.main_id && added.main == link.caller_id;
            let is_possible = is_free && added.links.is_empty() && main.union(&added).is_ok();
            if is_possible && self.write_link(link).await? == Written::Conflict {
                backoff.after_conflict().await?;
                continue;
            }
            let person = self.identities(&link.main_id.clone().into()).await?;
            self.move_linked(&person, now).await?;
            return Ok(is_possible);
        }
    }

    /// The main id of the person to whom a caller belongs.
    pub(super) async fn main_of(&self, callers: &Callers) -> Result<CallerId, StorageError> {
        let heads: Vec<Item> = callers
            .all()
            .map(|caller| self.keys.partition(caller).key(HEAD))
            .collect();
        let found = self.get(heads.clone()).await?;
        for head in &heads {
            let state = CallerState::from_item(found.get(head))?;
            if let Some(main) = state.links.main {
                return Ok(main);
            }
        }
        Ok(callers.current().clone())
    }

    /// Writes a link into the items of both ids.
    async fn write_link(&self, link: &Link) -> Result<Written, StorageError> {
        let mut main = self.working_copy(&link.main_id).await?;
        let mut added = self.working_copy(&link.caller_id).await?;
        let has_changed = main.state.links.main.is_some() || !added.state.links.is_empty();
        if has_changed {
            return Ok(Written::Conflict);
        }
        main.state.links.own.push(link.clone());
        added.state.links.main = Some(link.main_id.clone());
        let mut actions = Actions::new(&self.table);
        main.write(&mut actions, &self.keys)?;
        added.write(&mut actions, &self.keys)?;
        self.commit(actions).await
    }

    /// Moves what is stored under the linked ids of a person to the main id.
    async fn move_linked(&self, person: &Person, now: Timestamp) -> Result<(), StorageError> {
        for link in &person.links {
            let linked = self.keys.partition(&link.caller_id);
            self.adopt_one(&person.main, &linked, Some(&link.caller_id), now)
                .await?;
        }
        Ok(())
    }
}
