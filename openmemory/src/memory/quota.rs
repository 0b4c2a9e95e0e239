//! Enforces the maximum number of active memories for each agent and caller.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{AgentId, CallerId, Draft, Memory, MemoryId};

/// The active memories of one agent and caller, as far as enforcing the limit requires.
#[derive(Clone, Debug, Default)]
pub(crate) struct Quota {
    /// Number of active memories.
    pub(crate) active: usize,
    /// The least important of them that are not pinned, oldest first: at least as many as may be
    /// evicted.
    pub(crate) eviction_candidates: Vec<EvictionCandidate>,
}

/// A memory that may be evicted.
#[derive(Clone, Debug)]
pub(crate) struct EvictionCandidate {
    pub(crate) id: MemoryId,
    pub(crate) importance: u8,
    pub(crate) created_at: Timestamp,
}

/// Counts the memories of a request for each agent and caller.
pub(crate) fn drafts_per_owner(drafts: &[Draft]) -> BTreeMap<(&AgentId, &CallerId), usize> {
    let mut counts = BTreeMap::new();
    for draft in drafts {
        *counts
            .entry((&draft.agent_id, &draft.caller_id))
            .or_default() += 1;
    }
    counts
}

impl Quota {
    /// How many eviction candidates to load before `added` memories are stored. Each added memory may
    /// supersede one of the loaded candidates, so this many more are needed.
    pub(crate) fn needed(active: usize, added: usize, limit: usize) -> usize {
        match (active + added).saturating_sub(limit) {
            0 => 0,
            surplus => surplus + added,
        }
    }

    pub(super) fn add(&mut self, memory: &Memory) {
        self.active += 1;
        if !memory.is_pinned() {
            self.eviction_candidates
                .push(EvictionCandidate::from(memory));
        }
    }

    pub(super) fn remove(&mut self, id: &MemoryId) {
        self.active = self.active.saturating_sub(1);
        self.eviction_candidates
            .retain(|candidate| candidate.id != *id);
    }

    /// Removes memories until the limit is met, the least important and oldest first, but never
    /// `newest` or a pinned one. Returns the removed ids.
    pub(super) fn shrink(&mut self, limit: usize, newest: &MemoryId) -> Vec<MemoryId> {
        let surplus = self.active.saturating_sub(limit);
        self.eviction_candidates
            .sort_by_key(|candidate| (candidate.importance, candidate.created_at));
        let surplus_candidates = self
            .eviction_candidates
            .iter()
            .filter(|candidate| candidate.id != *newest)
            .take(surplus);
        let evicted: Vec<MemoryId> = surplus_candidates
            .map(|candidate| candidate.id.clone())
            .collect();
        evicted.iter().for_each(|id| self.remove(id));
        evicted
    }
}

impl From<&Memory> for EvictionCandidate {
    fn from(memory: &Memory) -> Self {
        Self {
            id: memory.id.clone(),
            importance: memory.importance,
            created_at: memory.created_at,
        }
    }
}
