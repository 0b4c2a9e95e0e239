//! Tells which calls the memories and caller cards of an export come from.

use std::collections::{BTreeSet, HashMap};
use std::io::{BufReader, Read};

use common::call::{AgentId, CallerId, ConversationId};
use common::memory::MemoryId;
use serde::Deserialize;
use serde_json::Value;

use crate::IncompleteExport;

/// The part of a memory store's export that says which caller and which call an entry comes from.
#[derive(Deserialize)]
pub struct Origins {
    memories: Vec<MemoryOrigin>,
    profiles: Vec<CardOrigin>,
}

#[derive(Deserialize)]
struct MemoryOrigin {
    memory_id: MemoryId,
    agent_id: Value,
    /// As stored: a number, a `user:` id or a pseudonym.
    caller_id: CallerId,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Deserialize)]
struct CardOrigin {
    agent_id: Value,
    caller_id: CallerId,
    profile_data: Option<CardData>,
}

#[derive(Default, Deserialize)]
struct Metadata {
    conversation_id: Option<Value>,
}

#[derive(Deserialize)]
struct CardData {
    last_conversation_id: Option<Value>,
}

impl Origins {
    /// Reads an export.
    ///
    /// # Errors
    /// [`IncompleteExport`]
    pub fn read(export: impl Read) -> Result<Self, IncompleteExport> {
        serde_json::from_reader(BufReader::new(export)).map_err(|_| IncompleteExport)
    }

    /// Returns the calls that the entries of a caller with one of these names come from.
    ///
    /// A call has only one caller. Imported memories of several callers may share an id; such an id
    /// is left out, because erasing it would erase the other callers' memories too.
    #[must_use]
    pub fn calls_of(&self, names: &[&str]) -> BTreeSet<ConversationId> {
        let mut calls = BTreeSet::new();
        let mut calls_of_others = BTreeSet::new();
        for (caller, call) in self.entries() {
            if names.contains(&caller.as_str()) {
                calls.extend(call);
            } else {
                calls_of_others.extend(call);
            }
        }
        &calls - &calls_of_others
    }

    /// Returns the number of memories that come from these calls.
    #[must_use]
    pub fn count(&self, calls: &BTreeSet<ConversationId>) -> usize {
        self.memories
            .iter()
            .filter(|memory| memory.comes_from(calls))
            .count()
    }

    /// Returns the callers with entries from these calls, and the agents that those belong to.
    #[must_use]
    pub fn affected_callers(
        &self,
        calls: &BTreeSet<ConversationId>,
    ) -> HashMap<CallerId, BTreeSet<AgentId>> {
        let memories = self
            .memories
            .iter()
            .filter(|memory| memory.comes_from(calls))
            .map(|memory| (&memory.caller_id, &memory.agent_id));
        let cards = self
            .profiles
            .iter()
            .filter(|card| card.call().is_some_and(|call| calls.contains(&call)))
            .map(|card| (&card.caller_id, &card.agent_id));
        let mut affected: HashMap<CallerId, BTreeSet<AgentId>> = HashMap::new();
        for (caller, id) in memories.chain(cards) {
            affected
                .entry(caller.clone())
                .or_default()
                .extend(agent(id));
        }
        affected
    }

    /// Returns whether the caller has a memory that does not come from these calls, or a card whose
    /// last call is another one.
    #[must_use]
    pub fn has_other_entries(&self, caller: &CallerId, calls: &BTreeSet<ConversationId>) -> bool {
        let has_memory = self
            .memories
            .iter()
            .any(|memory| memory.caller_id == *caller && !memory.comes_from(calls));
        has_memory
            || self.profiles.iter().any(|card| {
                card.caller_id == *caller && card.call().is_some_and(|call| !calls.contains(&call))
            })
    }

    /// Returns the memories that an agent has of a caller from these calls.
    #[must_use]
    pub fn memories_of(
        &self,
        caller: &CallerId,
        agent: &AgentId,
        calls: &BTreeSet<ConversationId>,
    ) -> Vec<MemoryId> {
        self.memories
            .iter()
            .filter(|memory| memory.caller_id == *caller && memory.agent_id == agent.as_str())
            .filter(|memory| memory.comes_from(calls))
            .map(|memory| memory.memory_id.clone())
            .collect()
    }

    fn entries(&self) -> impl Iterator<Item = (&CallerId, Option<ConversationId>)> {
        let cards = self
            .profiles
            .iter()
            .map(|card| (&card.caller_id, card.call()));
        self.memories
            .iter()
            .map(|memory| (&memory.caller_id, memory.call()))
            .chain(cards)
    }
}

impl MemoryOrigin {
    fn call(&self) -> Option<ConversationId> {
        conversation(self.metadata.conversation_id.as_ref())
    }

    fn comes_from(&self, calls: &BTreeSet<ConversationId>) -> bool {
        self.call().is_some_and(|call| calls.contains(&call))
    }
}

impl CardOrigin {
    fn call(&self) -> Option<ConversationId> {
        conversation(self.profile_data.as_ref()?.last_conversation_id.as_ref())
    }
}

fn agent(id: &Value) -> Option<AgentId> {
    AgentId::parse(id.as_str()?).ok()
}

/// Parses the id of a call. An export from another system may hold something else there, which
/// counts as no call.
fn conversation(id: Option<&Value>) -> Option<ConversationId> {
    ConversationId::parse(id?.as_str()?).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn origins() -> Origins {
        let memory = |id: &str, caller: &str, call: Value| {
            json!({"memory_id": id, "agent_id": "agent_1", "caller_id": caller, "content": "x",
                "metadata": {"conversation_id": call}, "superseded_by": null})
        };
        let card = |agent: &str, caller: &str, call: &str| json!({"agent_id": agent, "caller_id": caller, "profile_data": {"last_conversation_id": call}});
        let profile =
            json!({"agent_id": "agent_1", "caller_id": "*", "profile_data": {"name": "Mira"}});
        let export = json!({"format": "openmemory/1",
            "memories": [memory("m1", "+12025550142", json!("conv_1")), memory("m2", "+12025550142", json!("conv_2")),
                memory("m3", "0a1b", json!("conv_3")), memory("m4", "+12025550143", json!(7))],
            "profiles": [card("agent_2", "+12025550142", "conv_4"), profile, json!({"agent_id": "a", "caller_id": "+1",
                "profile_data": null})]});
        Origins::read(export.to_string().as_bytes()).unwrap()
    }

    fn calls(ids: &[&str]) -> BTreeSet<ConversationId> {
        ids.iter()
            .map(|id| ConversationId::parse(*id).unwrap())
            .collect()
    }

    #[test]
    fn calls_are_found_by_memories_and_cards_under_every_name_of_the_caller() {
        let origins = origins();
        assert_eq!(
            origins.calls_of(&["+12025550142", "0a1b"]),
            calls(&["conv_1", "conv_2", "conv_3", "conv_4"])
        );
        assert_eq!(origins.calls_of(&["+12025550143"]), calls(&[]));
        assert_eq!(origins.count(&calls(&["conv_1", "conv_3"])), 2);
    }

    #[test]
    fn an_id_shared_by_memories_of_several_callers_counts_as_no_callers_call() {
        let memory = |caller: &str, call: &str| json!({"memory_id": call, "agent_id": "a", "caller_id": caller, "metadata": {"conversation_id": call}});
        let memories = [
            memory("+1", "import_2025"),
            memory("+2", "import_2025"),
            memory("+1", "conv_1"),
        ];
        let origins = Origins::read(
            json!({"memories": memories, "profiles": []})
                .to_string()
                .as_bytes(),
        )
        .unwrap();
        assert_eq!(origins.calls_of(&["+1"]), calls(&["conv_1"]));
    }

    #[test]
    fn a_caller_with_entries_from_an_erased_call_is_affected_for_each_agent() {
        let origins = origins();
        let caller = CallerId::from_phone("+12025550142").unwrap();
        let affected = origins.affected_callers(&calls(&["conv_1", "conv_4"]));
        assert_eq!(affected.len(), 1);
        let agents: Vec<&str> = affected[&caller].iter().map(AgentId::as_str).collect();
        assert_eq!(agents, ["agent_1", "agent_2"]);
        assert!(origins.has_other_entries(&caller, &calls(&["conv_1", "conv_4"])));
        assert!(!origins.has_other_entries(&caller, &calls(&["conv_1", "conv_2", "conv_4"])));
        let agent = AgentId::parse("agent_1").unwrap();
        assert_eq!(
            origins.memories_of(&caller, &agent, &calls(&["conv_1"])),
            [MemoryId("m1".to_owned())]
        );
    }
}
