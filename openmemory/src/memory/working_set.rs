//! The memories that a request may repeat or refers to. The planner updates them draft by draft.

use std::collections::HashMap;

use jiff::Timestamp;

use super::{AgentId, CallerId, Draft, Memory, MemoryId, Quota, Rules, SimilarMemory};
use crate::matching::{NormalizedText, is_duplicate, similarity};

pub(super) struct WorkingSet {
    entries: Vec<Entry>,
    quotas: HashMap<(AgentId, CallerId), Quota>,
    rules: Rules,
}

struct Entry {
    memory: Memory,
    normalized: NormalizedText,
}

impl WorkingSet {
    pub(super) fn new(
        memories: Vec<Memory>,
        quotas: HashMap<(AgentId, CallerId), Quota>,
        rules: Rules,
    ) -> Self {
        Self {
            entries: memories.into_iter().map(Entry::new).collect(),
            quotas,
            rules,
        }
    }

    /// Adds a new memory.
    pub(super) fn insert(&mut self, memory: Memory) {
        self.quotas
            .entry((memory.agent_id.clone(), memory.caller_id.clone()))
            .or_default()
            .add(&memory);
        self.entries.push(Entry::new(memory));
    }

    /// Removes and returns a memory.
    pub(super) fn remove(&mut self, id: &MemoryId) -> Option<Memory> {
        let at = self
            .entries
            .iter()
            .position(|entry| entry.memory.id == *id)?;
        let memory = self.entries.remove(at).memory;
        if let Some(quota) = self
            .quotas
            .get_mut(&(memory.agent_id.clone(), memory.caller_id.clone()))
        {
            quota.remove(id);
        }
        Some(memory)
    }

    /// Whether the memory is in the set and belongs to this caller.
    pub(super) fn has(&self, caller_id: &CallerId, id: &MemoryId) -> bool {
        self.entries
            .iter()
            .any(|entry| entry.memory.id == *id && entry.memory.caller_id == *caller_id)
    }

    /// Whether the memory is in the set and belongs to this agent.
    pub(super) fn is_of_agent(&self, agent_id: &AgentId, id: &MemoryId) -> bool {
        self.entries
            .iter()
            .any(|entry| entry.memory.id == *id && entry.memory.agent_id == *agent_id)
    }

    /// The memory of the same caller and agent that a draft repeats most closely. Memories of other
    /// agents do not count, because a reader may ask for the memories of one agent only.
    pub(super) fn find_duplicate(&self, draft: &Draft) -> Option<(MemoryId, f64)> {
        let normalized = NormalizedText::new(&draft.content);
        self.entries
            .iter()
            .filter(|entry| {
                entry.memory.caller_id == draft.caller_id && entry.memory.agent_id == draft.agent_id
            })
            .map(|entry| (&entry.memory.id, similarity(&entry.normalized, &normalized)))
            .filter(|(_, similarity)| is_duplicate(*similarity, self.rules.similarity_threshold))
            .max_by(|one, other| one.1.total_cmp(&other.1))
            .map(|(id, similarity)| (id.clone(), similarity))
    }

    /// The similarity between a memory and a draft; 0 if the memory is not in the set.
    pub(super) fn similarity(&self, id: &MemoryId, draft: &Draft) -> f64 {
        let entry = self.entries.iter().find(|entry| entry.memory.id == *id);
        entry.map_or(0.0, |entry| {
            similarity(&entry.normalized, &NormalizedText::new(&draft.content))
        })
    }

    /// The content of a memory.
    pub(super) fn content(&self, id: &MemoryId) -> Option<&str> {
        let entry = self.entries.iter().find(|entry| entry.memory.id == *id)?;
        Some(&entry.memory.content)
    }

    /// Adds one to the reinforcement count and sets the expiry according to the repetition. Returns
    /// `None` if the memory is not in the set.
    pub(super) fn reinforce(
        &mut self,
        id: &MemoryId,
        similarity: f64,
        expires_at: Option<Timestamp>,
    ) -> Option<(SimilarMemory, &Memory)> {
        let memory = &mut self
            .entries
            .iter_mut()
            .find(|entry| entry.memory.id == *id)?
            .memory;
        memory.reinforcement_count = memory.reinforcement_count.saturating_add(1);
        memory.expires_at = expiry_after(memory.expires_at, expires_at);
        let similar = SimilarMemory {
            memory_id: id.clone(),
            similarity,
            reinforcement_count: memory.reinforcement_count,
        };
        Some((similar, memory))
    }

    /// Removes memories of an agent and caller until the limit is met, the least important and
    /// oldest first, but never `newest` or a pinned one. Returns the removed ids.
    pub(super) fn evict_over_limit(
        &mut self,
        agent: &AgentId,
        caller: &CallerId,
        limit: usize,
        newest: &MemoryId,
    ) -> Vec<MemoryId> {
        let Some(quota) = self.quotas.get_mut(&(agent.clone(), caller.clone())) else {
            return Vec::new();
        };
        let evicted = quota.shrink(limit, newest);
        self.entries
            .retain(|entry| !evicted.contains(&entry.memory.id));
        evicted
    }
}

/// The expiry of a memory that was repeated. A repetition never shortens a memory's life, with one
/// exception: a memory without an expiry gets one, so that a new retention limit also covers older
/// memories. A repetition without an expiry is to be kept forever, and so is the memory, because
/// nothing else is stored of the repetition.
fn expiry_after(before: Option<Timestamp>, repetition: Option<Timestamp>) -> Option<Timestamp> {
    let repeated = repetition?;
    Some(before.map_or(repeated, |before| before.max(repeated)))
}

impl Entry {
    fn new(memory: Memory) -> Self {
        Self {
            normalized: NormalizedText::new(&memory.content),
            memory,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repetition_extends_an_expiry_and_a_permanent_one_removes_it() {
        let at = |second| Some(Timestamp::from_second(second).unwrap());
        let soon = at(1_700_000_000);
        let later = at(1_800_000_000);
        for (before, repetition, after) in [
            (soon, later, later),
            (later, soon, later),
            (soon, None, None),
            (None, later, later),
            (None, None, None),
        ] {
            assert_eq!(expiry_after(before, repetition), after);
        }
    }
}
