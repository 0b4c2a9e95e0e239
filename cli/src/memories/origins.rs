//! Which calls the memories and cards of an export rest on.

use std::collections::{BTreeSet, HashMap};
use std::io::{BufReader, Read};

use common::call::{AgentId, CallerId, ConversationId};
use common::memory::MemoryId;
use serde::Deserialize;
use serde_json::Value;

use crate::failure::Failure;

/// An export of the memory store, as far as it says of whom something is and from which call.
#[derive(Deserialize)]
pub(crate) struct Origins {
    memories: Vec<MemoryOrigin>,
    profiles: Vec<CardOrigin>,
}

#[derive(Deserialize)]
struct MemoryOrigin {
    memory_id: MemoryId,
    agent_id: Value,
    /// As the store has it: a number, a `user:` or a pseudonym.
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
    pub(super) fn read(export: impl Read) -> Result<Self, Failure> {
        serde_json::from_reader(BufReader::new(export)).map_err(|_| Failure::IncompleteExport)
    }

    /// The calls that anything of somebody rests on who goes by one of these names. A call has one
    /// caller: an id that others' memories have as well, from an import of elsewhere, is left
    /// alone, or they would be erased with it.
    pub(super) fn calls_of(&self, names: &[&str]) -> BTreeSet<ConversationId> {
        let (theirs, others): (Vec<_>, Vec<_>) = self
            .all()
            .partition(|(caller, _)| names.contains(&caller.as_str()));
        let others: BTreeSet<ConversationId> =
            others.into_iter().filter_map(|(_, call)| call).collect();
        theirs
            .into_iter()
            .filter_map(|(_, call)| call)
            .filter(|call| !others.contains(call))
            .collect()
    }

    /// How many memories rest on these calls.
    pub(crate) fn count(&self, calls: &BTreeSet<ConversationId>) -> usize {
        self.memories
            .iter()
            .filter(|memory| memory.rests_on(calls))
            .count()
    }

    /// Of whom something rests on these calls, and to which agents it was told.
    pub(super) fn touched(
        &self,
        calls: &BTreeSet<ConversationId>,
    ) -> HashMap<CallerId, BTreeSet<AgentId>> {
        let memories = self.memories.iter().filter(|memory| memory.rests_on(calls));
        let cards = self
            .profiles
            .iter()
            .filter(|card| card.call().is_some_and(|call| calls.contains(&call)));
        let memories = memories.map(|memory| (&memory.caller_id, &memory.agent_id));
        let mut touched: HashMap<CallerId, BTreeSet<AgentId>> = HashMap::new();
        for (caller, name) in memories.chain(cards.map(|card| (&card.caller_id, &card.agent_id))) {
            touched
                .entry(caller.clone())
                .or_default()
                .extend(agent(name));
        }
        touched
    }

    /// Whether something of this caller rests on other calls, or on none.
    pub(super) fn rests_on_others(
        &self,
        caller: &CallerId,
        calls: &BTreeSet<ConversationId>,
    ) -> bool {
        let others = |memory: &MemoryOrigin| memory.caller_id == *caller && !memory.rests_on(calls);
        let other_cards = |card: &CardOrigin| {
            card.caller_id == *caller && card.call().is_some_and(|call| !calls.contains(&call))
        };
        self.memories.iter().any(others) || self.profiles.iter().any(other_cards)
    }

    /// What a caller told that agent in these calls.
    pub(super) fn memories_of(
        &self,
        caller: &CallerId,
        agent: &AgentId,
        calls: &BTreeSet<ConversationId>,
    ) -> Vec<MemoryId> {
        let told = |memory: &&MemoryOrigin| {
            memory.caller_id == *caller && memory.agent_id == agent.as_str()
        };
        let told = self
            .memories
            .iter()
            .filter(told)
            .filter(|memory| memory.rests_on(calls));
        told.map(|memory| memory.memory_id.clone()).collect()
    }

    fn all(&self) -> impl Iterator<Item = (&CallerId, Option<ConversationId>)> {
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

    fn rests_on(&self, calls: &BTreeSet<ConversationId>) -> bool {
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

/// What is no id of a call, in an export from elsewhere, is of no call.
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
    fn memories_and_cards_under_either_name_tell_of_the_calls_that_they_rest_on() {
        let origins = origins();
        assert_eq!(
            origins.calls_of(&["+12025550142", "0a1b"]),
            calls(&["conv_1", "conv_2", "conv_3", "conv_4"])
        );
        assert_eq!(origins.calls_of(&["+12025550143"]), calls(&[]));
        assert_eq!(origins.count(&calls(&["conv_1", "conv_3"])), 2);
    }

    #[test]
    fn an_id_that_memories_of_several_callers_have_is_no_call_of_one_of_them() {
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
    fn whoever_told_something_in_an_erased_call_is_touched_with_each_agent() {
        let (origins, caller) = (origins(), CallerId::from_phone("+12025550142").unwrap());
        let touched = origins.touched(&calls(&["conv_1", "conv_4"]));
        assert_eq!(touched.len(), 1);
        let agents: Vec<&str> = touched[&caller].iter().map(AgentId::as_str).collect();
        assert_eq!(agents, ["agent_1", "agent_2"]);
        assert!(origins.rests_on_others(&caller, &calls(&["conv_1", "conv_4"])));
        assert!(!origins.rests_on_others(&caller, &calls(&["conv_1", "conv_2", "conv_4"])));
        let agent = AgentId::parse("agent_1").unwrap();
        assert_eq!(
            origins.memories_of(&caller, &agent, &calls(&["conv_1"])),
            [MemoryId("m1".to_owned())]
        );
    }
}
