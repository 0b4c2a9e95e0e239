//! Loads what a write depends on.

use std::collections::{BTreeSet, HashMap};

use futures_util::future::try_join_all;
use jiff::Timestamp;

use super::batch::Found;
use super::commit::Backoff;
use super::keys::{self, HEAD, Item, MEMORIES, Partition};
use super::memory_item::{Pointer, StoredMemory, WITHOUT_VECTOR};
use super::receipt_item;
use super::state::CallerState;
use super::working_copy::WorkingCopy;
use super::{Dynamo, StorageError};
use crate::memory::{
    CallerId, Draft, LoadedState, MemoryId, Rules, SavedReceipt, drafts_per_owner,
};

/// What is stored about the callers of a request.
pub(super) type Copies = HashMap<CallerId, WorkingCopy>;

impl Dynamo {
    /// Loads everything that a plan for these drafts depends on.
    pub(super) async fn load(
        &self,
        drafts: &[Draft],
        rules: Rules,
        now: Timestamp,
    ) -> Result<(Copies, LoadedState), StorageError> {
        let callers: BTreeSet<&CallerId> = drafts.iter().map(|draft| &draft.caller_id).collect();
        let mut copies = Copies::new();
        let receipt_keys = self.receipt_keys(drafts);
        let (found, partitions) = self.states(&callers, receipt_keys.clone()).await?;
        let loading = partitions
            .into_iter()
            .map(|(caller, partition, state)| self.copy(caller, partition, state));
        copies.extend(try_join_all(loading).await?);
        let owners = self.owners(drafts, &copies, now).await?;
        let loaded = LoadedState {
            memories: candidates(drafts, &copies, rules, now),
            quotas: drafts_per_owner(drafts)
                .into_iter()
                .filter_map(|((agent, caller), added)| {
                    let limit = rules.max_memories_per_agent;
                    let quota = copies.get(caller)?.quota(agent, added, limit, now);
                    Some(((agent.clone(), caller.clone()), quota))
                })
                .collect(),
            receipts: receipts(&receipt_keys, &found)?,
            owners,
        };
        Ok((copies, loaded))
    }

    /// Loads the receipts that are saved under the keys of these drafts.
    pub(super) async fn receipts(
        &self,
        drafts: &[Draft],
    ) -> Result<Vec<SavedReceipt>, StorageError> {
        let wanted = self.receipt_keys(drafts);
        let found = self.get(wanted.clone()).await?;
        receipts(&wanted, &found)
    }

    /// Loads one caller's working copy. Completes an interrupted deletion first.
    pub(super) async fn working_copy(
        &self,
        caller: &CallerId,
    ) -> Result<WorkingCopy, StorageError> {
        self.partition_copy(self.keys.partition(caller)).await
    }

    /// Loads the working copy of a partition. Completes an interrupted deletion first.
    pub(super) async fn partition_copy(
        &self,
        partition: Partition,
    ) -> Result<WorkingCopy, StorageError> {
        let mut backoff = Backoff::new();
        loop {
            let key = partition.key(HEAD);
            let found = self.get([key.clone()]).await?;
            let state = CallerState::from_item(found.get(&key))?;
            if !state.is_erasing {
                let memories = self.stored_memories(&partition).await?;
                return Ok(WorkingCopy::new(partition, state, memories));
            }
            self.finish_erasing(&partition, &state).await?;
            backoff.after_conflict().await?;
        }
    }

    /// Loads the states of callers, and other items in the same request. The state has to be read
    /// before the memories: a later change of the memories then has another version.
    async fn states<'a>(
        &self,
        callers: &BTreeSet<&'a CallerId>,
        others: Vec<Item>,
    ) -> Result<(Found, Vec<(&'a CallerId, Partition, CallerState)>), StorageError> {
        let partitions: Vec<Partition> = callers
            .iter()
            .map(|caller| self.keys.partition(caller))
            .collect();
        let mut backoff = Backoff::new();
        loop {
            let heads = partitions.iter().map(|partition| partition.key(HEAD));
            let found = self.get(heads.chain(others.iter().cloned())).await?;
            let mut states = Vec::new();
            let mut is_erasing = false;
            for (caller, partition) in callers.iter().zip(&partitions) {
                let state = CallerState::from_item(found.get(&partition.key(HEAD)))?;
                if state.is_erasing {
                    self.finish_erasing(partition, &state).await?;
                    is_erasing = true;
                }
                states.push((*caller, partition.clone(), state));
            }
            if !is_erasing {
                return Ok((found, states));
            }
            backoff.after_conflict().await?;
        }
    }

    async fn copy(
        &self,
        caller: &CallerId,
        partition: Partition,
        state: CallerState,
    ) -> Result<(CallerId, WorkingCopy), StorageError> {
        let memories = self.stored_memories(&partition).await?;
        let copy = WorkingCopy::new(partition, state, memories);
        Ok((caller.clone(), copy))
    }

    async fn stored_memories(
        &self,
        partition: &Partition,
    ) -> Result<Vec<StoredMemory>, StorageError> {
        let items = self.query(partition, MEMORIES, &WITHOUT_VECTOR).await?;
        items.iter().map(StoredMemory::try_from).collect()
    }

    fn receipt_keys(&self, drafts: &[Draft]) -> Vec<Item> {
        let keyed = drafts.iter().filter_map(|draft| {
            let (key, _) = draft.key.as_ref()?;
            Some(receipt_item::key(&draft.caller_id, key, &self.keys))
        });
        keyed.collect()
    }

    /// Finds the callers of the memories that the drafts refer to.
    async fn owners(
        &self,
        drafts: &[Draft],
        copies: &Copies,
        now: Timestamp,
    ) -> Result<HashMap<MemoryId, CallerId>, StorageError> {
        let mut owners = HashMap::new();
        let mut elsewhere = Vec::new();
        for id in drafts
            .iter()
            .filter_map(|draft| draft.relation.as_ref())
            .map(|relation| relation.target())
        {
            let owner = copies
                .iter()
                .find(|(_, copy)| copy.unexpired(now).any(|stored| stored.memory.id == *id));
            match owner {
                Some((caller, _)) => {
                    owners.insert(id.clone(), caller.clone());
                }
                None => elsewhere.push(id),
            }
        }
        let pointers = self
            .get(elsewhere.iter().map(|id| keys::pointer(id)))
            .await?;
        for id in elsewhere {
            let Some(item) = pointers.get(&keys::pointer(id)) else {
                continue;
            };
            let partition = Pointer::try_from(item)?.partition;
            // A pointer to a caller of the request is one to an expired memory.
            if copies.values().all(|copy| copy.partition != partition) {
                owners.insert(id.clone(), CallerId::stored(String::new()));
            }
        }
        Ok(owners)
    }
}

/// The active memories that the drafts may repeat or refer to.
fn candidates(
    drafts: &[Draft],
    copies: &Copies,
    rules: Rules,
    now: Timestamp,
) -> Vec<crate::memory::Memory> {
    let targets: BTreeSet<&MemoryId> = drafts
        .iter()
        .filter_map(|draft| draft.relation.as_ref())
        .map(|relation| relation.target())
        .collect();
    let lookups: BTreeSet<_> = drafts
        .iter()
        .map(|draft| {
            let claim = draft.duplicate_lookup(rules).claim_hash;
            (&draft.caller_id, &draft.agent_id, claim)
        })
        .collect();
    let is_candidate = |caller: &CallerId, stored: &&StoredMemory| {
        let memory = &stored.memory;
        memory.superseded.is_none()
            && (targets.contains(&memory.id)
                || lookups.contains(&(caller, &memory.agent_id, stored.claim.clone())))
    };
    let mut stored: Vec<&StoredMemory> = copies
        .iter()
        .flat_map(|(caller, copy)| {
            copy.unexpired(now)
                .filter(|stored| is_candidate(caller, stored))
                .collect::<Vec<_>>()
        })
        .collect();
    stored.sort_by_key(|stored| stored.seq);
    stored
        .into_iter()
        .map(|stored| stored.memory.clone())
        .collect()
}

fn receipts(keys: &[Item], found: &Found) -> Result<Vec<SavedReceipt>, StorageError> {
    let items = keys.iter().filter_map(|key| found.get(key));
    items.map(SavedReceipt::try_from).collect()
}
