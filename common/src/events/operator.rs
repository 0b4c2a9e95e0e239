//! Composes the events of a memory that an operator added, or with which one was corrected.

use jiff::Timestamp;

use super::{Event, EventData, EventId, Outbox, StoredMemory, SupersededMemory};
use crate::call::{AgentId, CallerHash};
use crate::memory::{Memory, Source};
use crate::openmemory::StoreOutcome;
use crate::queue::QueueError;

/// In place of the conversation in the ids of events.
const OPERATOR: &str = "operator";

/// A memory that an operator stated.
pub struct OperatorMemory<'a> {
    /// The caller's pseudonym.
    pub caller: &'a CallerHash,
    /// The agent that remembers it.
    pub agent: &'a AgentId,
    /// What the store did with it.
    pub outcome: &'a StoreOutcome,
    /// The memory that it corrects, if any.
    pub corrected: Option<&'a Memory>,
    /// When the operator stated it.
    pub at: Timestamp,
}

impl OperatorMemory<'_> {
    /// Puts the events into the queue, if there is a receiver. They are delivered without content:
    /// no archived call has it, and the queue holds none.
    ///
    /// # Errors
    /// [`QueueError`]: some events may have been added.
    pub async fn announce(&self, outbox: &Outbox) -> Result<(), QueueError> {
        let events = self.events();
        if events.is_empty() {
            return Ok(());
        }
        outbox.send(self.caller, None, &events).await
    }

    /// Returns the events in the order of a call's: what was stored, then what was superseded. A
    /// memory that repeats an earlier one has none.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        match self.outcome {
            StoreOutcome::Stored(_) => std::iter::once(self.stored())
                .chain(self.corrected.map(|wrong| self.superseded(wrong)))
                .collect(),
            StoreOutcome::Reinforced(_) => Vec::new(),
        }
    }

    fn stored(&self) -> Event {
        let memory_id = self.outcome.id();
        let conversation = self
            .corrected
            .and_then(|wrong| wrong.conversation_id.clone());
        let data = EventData::MemoryStored(StoredMemory {
            caller: self.caller.clone(),
            conversation_id: conversation,
            agent_id: self.agent.clone(),
            memory_id: memory_id.clone(),
            source: Some(Source::Operator),
            // There is no extraction record.
            position: 0,
        });
        self.event(data, &memory_id.0)
    }

    fn superseded(&self, wrong: &Memory) -> Event {
        let data = EventData::MemorySuperseded(SupersededMemory {
            caller: self.caller.clone(),
            conversation_id: wrong.conversation_id.clone(),
            agent_id: self.agent.clone(),
            memory_id: wrong.id.clone(),
            superseded_by: self.outcome.id().clone(),
            source: Some(Source::Operator),
        });
        self.event(data, &wrong.id.0)
    }

    /// Returns an event with an id of what it is about.
    fn event(&self, data: EventData, memory_id: &str) -> Event {
        let new = &self.outcome.id().0;
        let parts = [data.type_name(), OPERATOR, new, memory_id];
        Event {
            id: EventId::derived_from(&parts),
            timestamp: self.at,
            data,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::call::ConversationId;
    use crate::events::EventContent;
    use crate::memory::{Importance, MemoryId};

    fn wrong() -> Memory {
        Memory {
            id: MemoryId("mem_0".to_owned()),
            content: "Lives in Boston.".to_owned(),
            relevance: 1.0,
            importance: Importance::MIDDLE,
            category: None,
            search_hints: Vec::new(),
            timestamp: None,
            conversation_id: ConversationId::parse("conv_1").ok(),
            agent_id: AgentId::parse("agent_1").ok(),
            channel: None,
            reinforcement_count: 1,
            is_pinned: false,
            speaker: None,
            superseded_at: None,
        }
    }

    fn bodies(outcome: &StoreOutcome, corrected: Option<&Memory>) -> Vec<Value> {
        let caller = CallerHash::parse(&"0a".repeat(32)).unwrap();
        let memory = OperatorMemory {
            caller: &caller,
            agent: &AgentId::parse("agent_1").unwrap(),
            outcome,
            corrected,
            at: Timestamp::UNIX_EPOCH,
        };
        let body = |event: &Event| event.body(&EventContent::default()).unwrap();
        let events = memory.events();
        assert_eq!(events, memory.events(), "the same memory has the same ids");
        events
            .iter()
            .map(|event| serde_json::from_str(&body(event)).unwrap())
            .collect()
    }

    fn stored() -> StoreOutcome {
        StoreOutcome::Stored(MemoryId("mem_1".to_owned()))
    }

    #[test]
    fn an_addition_names_no_call_and_the_operator() {
        let bodies = bodies(&stored(), None);
        assert_eq!(bodies.len(), 1);
        assert_eq!(bodies[0]["type"], "memory.stored");
        let expected = json!({"caller": "0a".repeat(32), "agent_id": "agent_1",
            "memory_id": "mem_1", "source": "operator"});
        assert_eq!(bodies[0]["data"], expected);
    }

    #[test]
    fn a_correction_also_names_what_it_supersedes_and_no_words() {
        let wrong = wrong();
        let bodies = bodies(&stored(), Some(&wrong));
        assert_eq!(bodies.len(), 2);
        assert_eq!(bodies[0]["data"]["conversation_id"], "conv_1");
        assert_eq!(bodies[1]["type"], "memory.superseded");
        let expected = json!({"caller": "0a".repeat(32), "conversation_id": "conv_1",
            "agent_id": "agent_1", "memory_id": "mem_0", "superseded_by": "mem_1",
            "source": "operator"});
        assert_eq!(bodies[1]["data"], expected);
        assert_ne!(bodies[0]["id"], bodies[1]["id"]);
    }

    #[test]
    fn a_repetition_is_no_event() {
        let outcome = StoreOutcome::Reinforced(MemoryId("mem_1".to_owned()));
        assert!(bodies(&outcome, None).is_empty());
    }
}
