//! How many memories an agent and caller have, and which go when there are too many.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{AgentId, CallerId, Draft, Memory, MemoryId};

/// The active memories of one agent and caller, as far as the limit needs to know.
#[derive(Clone, Debug, Default)]
pub(crate) struct Quota {
    /// How many there are.
    pub(crate) active: usize,
    /// The least important and oldest of them, in that order: at least as many as may have to go.
    pub(crate) eviction_candidates: Vec<EvictionCandidate>,
}

/// One that may have to go.
#[derive(Clone, Debug)]
pub(crate) struct EvictionCandidate {
    pub(crate) id: MemoryId,
    pub(crate) importance: u8,
    pub(crate) created_at: Timestamp,
}

/// The agents and callers of a request, and how many memories it has for each.
pub(crate) fn drafts_per_owner(drafts: &[Draft]) -> BTreeMap<(&AgentId, &CallerId), usize> {
    let mut drafts_per_owner = BTreeMap::new();
    for draft in drafts {
        *drafts_per_owner
            .entry((&draft.agent_id, &draft.caller_id))
            .or_default() += 1;
    }
    drafts_per_owner
}

impl Quota {
    /// How many of the first to go have to be known before so many are added. Each that is added
    /// may also take the place of one of those.
    pub(crate) fn needed(active: usize, added: usize, limit: usize) -> usize {
        match (active + added).saturating_sub(limit) {
            0 => 0,
            surplus => surplus + added,
        }
    }

    pub(super) fn add(&mut self, memory: &Memory) {
        self.active += 1;
        self.eviction_candidates
            .push(EvictionCandidate::from(memory));
    }

    pub(super) fn remove(&mut self, id: &MemoryId) {
        self.active = self.active.saturating_sub(1);
        self.eviction_candidates.retain(|one| one.id != *id);
    }

    /// Takes out what is over the limit: the least important, of those the oldest, but never
    /// `newest`.
    pub(super) fn shrink(&mut self, limit: usize, newest: &MemoryId) -> Vec<MemoryId> {
        let surplus = self.active.saturating_sub(limit);
        self.eviction_candidates
            .sort_by_key(|one| (one.importance, one.created_at));
        let leaving = self
            .eviction_candidates
            .iter()
            .filter(|one| one.id != *newest)
            .take(surplus);
        let leaving: Vec<MemoryId> = leaving.map(|one| one.id.clone()).collect();
        leaving.iter().for_each(|id| self.remove(id));
        leaving
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
