//! Composes the events of an extracted call. The same record and outcomes give the same events, so
//! a repeated job queues them under the same ids.

use common::call::{AgentId, CallerHash, ConversationId};
use common::events::{Event, EventData, EventId, ExtractedCall, StoredMemory, SupersededMemory};
use common::memory::{Change, MemoryId};
use common::openmemory::StoreOutcome;
use common::queue::ExtractionJob;
use jiff::Timestamp;

use crate::record::Record;

/// What a call did, from which its events are composed.
pub(crate) struct Announcement {
    conversation_id: ConversationId,
    /// The agent of the call.
    agent_id: AgentId,
    /// When the record was made.
    at: Timestamp,
    /// The version of a repeated extraction, or nothing.
    version: String,
    /// How the model performed.
    outcome: &'static str,
    agents: Vec<AgentMemories>,
}

/// What one agent of a call remembers of it.
pub(crate) struct AgentMemories {
    pub(crate) agent: AgentId,
    /// How many memories the record has for this agent.
    pub(crate) extracted: usize,
    /// What the store did with each of them.
    stored: Vec<Stored>,
}

struct Stored {
    outcome: StoreOutcome,
    superseded: Option<MemoryId>,
}

impl AgentMemories {
    /// `record` holds the memories of this agent, and `outcomes` one result for each.
    pub(crate) fn new(agent: &AgentId, record: &Record, outcomes: Vec<StoreOutcome>) -> Self {
        let changes = record.memories.iter().map(|memory| &memory.change);
        let stored = outcomes.into_iter().zip(changes);
        Self {
            agent: agent.clone(),
            extracted: record.memories.len(),
            stored: stored
                .map(|(outcome, change)| Stored::new(outcome, change))
                .collect(),
        }
    }

    /// Returns how many memories repeated an earlier one.
    pub(crate) fn reinforced(&self) -> usize {
        self.stored.len() - self.new_memories().count()
    }

    /// Returns how many memories were new.
    pub(crate) fn stored(&self) -> usize {
        self.new_memories().count()
    }

    /// Returns the ids of the memories that were stored or repeated.
    pub(crate) fn ids(&self) -> Vec<&MemoryId> {
        self.stored.iter().map(|one| one.outcome.id()).collect()
    }

    /// Returns the new memories with their positions in the record.
    fn new_memories(&self) -> impl Iterator<Item = (usize, &Stored)> {
        self.stored
            .iter()
            .enumerate()
            .filter(|(_, one)| matches!(one.outcome, StoreOutcome::Stored(_)))
    }

    fn superseded(&self) -> impl Iterator<Item = (&MemoryId, &MemoryId)> {
        self.new_memories()
            .filter_map(|(_, one)| Some((one.superseded.as_ref()?, one.outcome.id())))
    }
}

impl Stored {
    fn new(outcome: StoreOutcome, change: &Change) -> Self {
        Self {
            outcome,
            superseded: change.superseded().cloned(),
        }
    }
}

impl Announcement {
    /// Returns the announcement of an extraction whose memories were stored for these agents.
    pub(crate) fn new(job: &ExtractionJob, record: &Record, agents: Vec<AgentMemories>) -> Self {
        Self {
            conversation_id: job.conversation_id.clone(),
            agent_id: record.agent_id.clone(),
            at: record.extracted_at,
            version: job.done_marker(),
            outcome: record.outcome(),
            agents,
        }
    }

    /// Returns the events: what was stored and superseded for each agent, then that of the call.
    pub(crate) fn events(&self, caller: &CallerHash) -> Vec<Event> {
        let mut events = Vec::new();
        for memories in &self.agents {
            let stored = memories.new_memories();
            events
                .extend(stored.map(|(position, one)| self.stored(caller, memories, position, one)));
            let superseded = memories.superseded();
            events.extend(superseded.map(|(old, new)| self.superseded(caller, memories, old, new)));
        }
        events.push(self.extracted(caller));
        events
    }

    fn stored(
        &self,
        caller: &CallerHash,
        memories: &AgentMemories,
        position: usize,
        one: &Stored,
    ) -> Event {
        let memory_id = one.outcome.id();
        let data = EventData::MemoryStored(StoredMemory {
            caller: caller.clone(),
            conversation_id: Some(self.conversation_id.clone()),
            agent_id: memories.agent.clone(),
            memory_id: memory_id.clone(),
            source: None,
            position,
        });
        self.event(data, &memory_id.0)
    }

    fn superseded(
        &self,
        caller: &CallerHash,
        memories: &AgentMemories,
        old: &MemoryId,
        new: &MemoryId,
    ) -> Event {
        let data = EventData::MemorySuperseded(SupersededMemory {
            caller: caller.clone(),
            conversation_id: Some(self.conversation_id.clone()),
            agent_id: memories.agent.clone(),
            memory_id: old.clone(),
            superseded_by: new.clone(),
            source: None,
        });
        self.event(data, &old.0)
    }

    fn extracted(&self, caller: &CallerHash) -> Event {
        let sum =
            |count: fn(&AgentMemories) -> usize| -> usize { self.agents.iter().map(count).sum() };
        let data = EventData::CallExtracted(ExtractedCall {
            caller: caller.clone(),
            conversation_id: self.conversation_id.clone(),
            agent_id: self.agent_id.clone(),
            outcome: self.outcome.to_owned(),
            extracted: sum(|memories| memories.extracted),
            stored: sum(AgentMemories::stored),
            reinforced: sum(AgentMemories::reinforced),
            superseded: sum(|memories| memories.superseded().count()),
        });
        self.event(data, "")
    }

    /// Returns an event with an id of what it is about.
    fn event(&self, data: EventData, memory_id: &str) -> Event {
        let conversation = self.conversation_id.as_str();
        let parts = [data.type_name(), conversation, &self.version, memory_id];
        Event {
            id: EventId::derived_from(&parts),
            timestamp: self.at,
            data,
        }
    }
}
