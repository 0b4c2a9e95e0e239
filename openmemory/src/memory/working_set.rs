//! The memories that one request may repeat or names, as they change while it is worked through.

use std::collections::HashMap;

use jiff::Timestamp;

use super::plan::Rules;
use super::{AgentId, CallerId, Draft, Memory, MemoryId, Quota, SimilarMemory};
use crate::duplicates::{NormalizedText, is_duplicate, similarity};

pub(super) struct WorkingSet {
    places: Vec<Place>,
    quotas: HashMap<(AgentId, CallerId), Quota>,
    rules: Rules,
}

struct Place {
    memory: Memory,
    fact: NormalizedText,
}

impl WorkingSet {
    pub(super) fn new(
        memories: Vec<Memory>,
        quotas: HashMap<(AgentId, CallerId), Quota>,
        rules: Rules,
    ) -> Self {
        Self {
            places: memories.into_iter().map(Place::new).collect(),
            quotas,
            rules,
        }
    }

    /// Puts a new memory there.
    pub(super) fn put(&mut self, memory: Memory) {
        self.quotas
            .entry((memory.agent_id.clone(), memory.caller_id.clone()))
            .or_default()
            .add(&memory);
        self.places.push(Place::new(memory));
    }

    /// Takes a memory out.
    pub(super) fn take(&mut self, id: &MemoryId) -> Option<Memory> {
        let at = self
            .places
            .iter()
            .position(|place| place.memory.id == *id)?;
        let memory = self.places.remove(at).memory;
        if let Some(quota) = self
            .quotas
            .get_mut(&(memory.agent_id.clone(), memory.caller_id.clone()))
        {
            quota.remove(id);
        }
        Some(memory)
    }

    pub(super) fn has(&self, caller_id: &CallerId, id: &MemoryId) -> bool {
        self.places
            .iter()
            .any(|place| place.memory.id == *id && place.memory.caller_id == *caller_id)
    }

    /// Whether a memory is of this agent.
    pub(super) fn is_told_to(&self, agent_id: &AgentId, id: &MemoryId) -> bool {
        self.places
            .iter()
            .any(|place| place.memory.id == *id && place.memory.agent_id == *agent_id)
    }

    /// The memory of the same caller and agent that a draft repeats most closely. A reader may ask
    /// for the memories of one agent alone, so a repetition that is told to another agent must be
    /// found there too.
    pub(super) fn duplicate(&self, draft: &Draft) -> Option<(MemoryId, f64)> {
        let fact = NormalizedText::new(&draft.content);
        self.places
            .iter()
            .filter(|place| {
                place.memory.caller_id == draft.caller_id && place.memory.agent_id == draft.agent_id
            })
            .map(|place| (&place.memory.id, similarity(&place.fact, &fact)))
            .filter(|(_, similarity)| is_duplicate(*similarity, self.rules.similarity_threshold))
            .max_by(|one, other| one.1.total_cmp(&other.1))
            .map(|(id, similarity)| (id.clone(), similarity))
    }

    /// How alike a memory and a draft are.
    pub(super) fn similarity(&self, id: &MemoryId, draft: &Draft) -> f64 {
        let place = self.places.iter().find(|place| place.memory.id == *id);
        place.map_or(0.0, |place| {
            similarity(&place.fact, &NormalizedText::new(&draft.content))
        })
    }

    /// What a memory says.
    pub(super) fn content(&self, id: &MemoryId) -> Option<&str> {
        let place = self.places.iter().find(|place| place.memory.id == *id)?;
        Some(&place.memory.content)
    }

    /// Counts one more reinforcement, which may let the memory last longer but never shorter;
    /// `None` when the memory is not here. One that had no end gets one, so that a limit reaches
    /// what was stored before it was set.
    pub(super) fn reinforce(
        &mut self,
        id: &MemoryId,
        similarity: f64,
        expires_at: Option<Timestamp>,
    ) -> Option<(SimilarMemory, &Memory)> {
        let memory = &mut self
            .places
            .iter_mut()
            .find(|place| place.memory.id == *id)?
            .memory;
        memory.reinforcement_count = memory.reinforcement_count.saturating_add(1);
        memory.expires_at = expires_at.map(|expiry| {
            memory
                .expires_at
                .map_or(expiry, |before| before.max(expiry))
        });
        let similar = SimilarMemory {
            memory_id: id.clone(),
            similarity,
            reinforcement_count: memory.reinforcement_count,
        };
        Some((similar, memory))
    }

    /// Takes out what is over the limit: the least important, of those the oldest, but never
    /// `newest`.
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
        self.places
            .retain(|place| !evicted.contains(&place.memory.id));
        evicted
    }
}

impl Place {
    fn new(memory: Memory) -> Self {
        Self {
            fact: NormalizedText::new(&memory.content),
            memory,
        }
    }
}
