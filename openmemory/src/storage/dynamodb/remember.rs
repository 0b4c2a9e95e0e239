//! Stores memories: loads, plans and writes on the condition that nothing changed in between.

use std::collections::HashSet;

use jiff::Timestamp;

use super::actions::Actions;
use super::commit::Backoff;
use super::error::Written;
use super::load::Copies;
use super::{Dynamo, StorageError};
use crate::memory::{
    CallerId, Change, Draft, LoadedState, MemoryId, Outcome, Plan, Rules, callers_of,
    is_key_reused, plan,
};

/// Drafts that are usually written in one transaction: each takes up to four actions.
const DRAFTS: usize = 24;
/// Memories that one transaction can delete: each takes two actions.
const DELETIONS: usize = 45;

impl Dynamo {
    /// Stores all drafts. If they fit into one transaction, stores all or none. Otherwise, the
    /// receipts of an interrupted request show the next delivery what is stored.
    pub(crate) async fn remember(
        &self,
        mut drafts: Vec<Draft>,
        rules: Rules,
        now: Timestamp,
    ) -> Result<Plan, StorageError> {
        for callers in callers_of(&drafts) {
            self.adopt(&callers, now).await?;
        }
        let count = drafts.len();
        if count > DRAFTS {
            // Receipts are saved under the main id.
            drafts = self.resolve(drafts).await?;
            let receipts = LoadedState {
                receipts: self.receipts(&drafts).await?,
                ..LoadedState::default()
            };
            if is_key_reused(&drafts, receipts, rules, now) {
                return Ok(Plan {
                    outcomes: vec![Outcome::KeyReused; count],
                    ..Plan::default()
                });
            }
        }
        let mut whole = Plan::default();
        let mut waiting = drafts;
        let mut size = DRAFTS;
        while !waiting.is_empty() {
            let rest = waiting.split_off(waiting.len().min(size));
            match self.remember_some(&waiting, rules, now).await? {
                Some(part) => {
                    whole.changes.extend(part.changes);
                    whole.outcomes.extend(part.outcomes);
                    whole.contents.extend(part.contents);
                    waiting = rest;
                }
                None => {
                    size = waiting.len() / 2;
                    waiting.extend(rest);
                }
            }
        }
        Ok(whole)
    }

    /// Stores some drafts in one transaction. Returns `None` if they need more than one.
    async fn remember_some(
        &self,
        drafts: &[Draft],
        rules: Rules,
        now: Timestamp,
    ) -> Result<Option<Plan>, StorageError> {
        let mut drafts = drafts.to_vec();
        let mut backoff = Backoff::new();
        loop {
            let partitions: Vec<_> = drafts
                .iter()
                .map(|draft| self.keys.partition(&draft.caller_id))
                .collect();
            let _locks = self.locks.lock(&partitions).await;
            let (mut copies, loaded) = self.load(&drafts, rules, now).await?;
            if use_main_ids(&mut drafts, &copies) {
                continue;
            }
            let owned = drafts.clone();
            let plan = tokio::task::spawn_blocking(move || plan(owned, loaded, rules, now))
                .await
                .map_err(|_| StorageError::Interrupted)?;
            if plan.changes.is_empty() {
                return Ok(Some(plan));
            }
            let before = (drafts.len() == 1).then(|| copies.clone());
            let actions = self.actions(&plan.changes, &mut copies, now)?;
            if actions.is_too_large() {
                let Some(before) = before else {
                    return Ok(None);
                };
                self.make_room(before, &copies, now).await?;
            } else if self.commit(actions).await? == Written::Yes {
                return Ok(Some(plan));
            }
            backoff.after_conflict().await?;
        }
    }

    /// Replaces the linked ids of these drafts by the main ids.
    async fn resolve(&self, mut drafts: Vec<Draft>) -> Result<Vec<Draft>, StorageError> {
        for callers in callers_of(&drafts) {
            let requested = callers.current();
            let main = self.main_of(&requested.clone().into()).await?;
            for draft in &mut drafts {
                if draft.caller_id == *requested {
                    draft.use_main_id(&main);
                }
            }
        }
        Ok(drafts)
    }

    fn actions(
        &self,
        changes: &[Change],
        copies: &mut Copies,
        now: Timestamp,
    ) -> Result<Actions, StorageError> {
        for change in changes {
            for (caller, copy) in copies.iter_mut() {
                if caller_of(change).is_none_or(|owner| owner == caller) {
                    copy.apply(change, now);
                }
            }
        }
        let mut actions = Actions::new(&self.table);
        for copy in copies.values().filter(|copy| copy.is_changed()) {
            copy.write(&mut actions, &self.keys)?;
        }
        Ok(actions)
    }

    /// Deletes some of the memories that a plan for one draft deletes, because it deletes more than
    /// fit into a transaction: the limit was lowered.
    async fn make_room(
        &self,
        before: Copies,
        after: &Copies,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        for (caller, mut copy) in before {
            let kept: HashSet<&MemoryId> = after
                .get(&caller)
                .into_iter()
                .flat_map(|after| after.remaining().map(|stored| &stored.memory.id))
                .collect();
            let doomed: Vec<MemoryId> = copy
                .remaining()
                .map(|stored| stored.memory.id.clone())
                .filter(|id| !kept.contains(id))
                .take(DELETIONS)
                .collect();
            doomed
                .into_iter()
                .for_each(|id| copy.apply(&Change::Evict(id), now));
            let mut actions = Actions::new(&self.table);
            copy.write(&mut actions, &self.keys)?;
            // After a conflict, the next attempt makes room again.
            self.commit(actions).await?;
        }
        Ok(())
    }
}

/// Replaces the linked ids of these drafts by the main ids. Returns whether there were any.
fn use_main_ids(drafts: &mut [Draft], copies: &Copies) -> bool {
    let mut is_any_linked = false;
    for draft in drafts {
        let copy = copies.get(&draft.caller_id);
        if let Some(main) = copy.and_then(|copy| copy.state.links.main.as_ref()) {
            draft.use_main_id(main);
            is_any_linked = true;
        }
    }
    is_any_linked
}

/// The caller that a change names. Other changes name a memory.
fn caller_of(change: &Change) -> Option<&CallerId> {
    match change {
        Change::Insert(memory) => Some(&memory.caller_id),
        Change::TrimHistory { caller_id, .. } => Some(caller_id),
        Change::SaveReceipt(saved) => Some(&saved.caller_id),
        Change::Embed { .. }
        | Change::Reinforce { .. }
        | Change::Supersede { .. }
        | Change::Evict(_) => None,
    }
}
