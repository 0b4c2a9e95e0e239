//! A change of what is stored beside the content of a memory.

use std::fmt;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::Memory;

/// The key of the metadata with the time at which the caller said it.
const TIMESTAMP: &str = "timestamp";
/// The key of the metadata in which clients may repeat the importance.
const IMPORTANCE: &str = "importance";

/// A validated edit of a memory. Content, expiry and counts stay. `Debug` hides the metadata.
#[derive(Clone)]
pub(crate) struct Edit {
    /// From 1 to 10; `None` keeps it.
    pub(crate) importance: Option<u8>,
    /// The keys of the metadata to set. A key with null is removed.
    pub(crate) metadata: Map<String, Value>,
    /// `metadata.timestamp`, if the edit sets it.
    pub(crate) happened_at: Option<Timestamp>,
}

impl Edit {
    /// Applies the edit to a memory.
    pub(crate) fn apply(&self, memory: &mut Memory) {
        if self.metadata.contains_key(TIMESTAMP) {
            memory.happened_at = self.happened_at.unwrap_or(memory.created_at);
        }
        for (name, value) in &self.metadata {
            if value.is_null() {
                memory.metadata.remove(name);
            } else {
                memory.metadata.insert(name.clone(), value.clone());
            }
        }
        if let Some(importance) = self.importance {
            memory.importance = importance;
            if let Some(repeated) = memory.metadata.get_mut(IMPORTANCE) {
                *repeated = importance.into();
            }
        }
    }
}

impl fmt::Debug for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edit")
            .field("importance", &self.importance)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{AgentId, CallerId, MemoryId};
    use super::*;

    fn map(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn memory() -> Memory {
        Memory {
            id: MemoryId::parse("mem_1").unwrap(),
            agent_id: AgentId::parse("support").unwrap(),
            caller_id: CallerId::parse("+12025550101").unwrap(),
            content: "Has a dog".to_owned(),
            metadata: map(json!({ "importance": 5, "category": "factual", "tags": ["dog"] })),
            importance: 5,
            reinforcement_count: 2,
            created_at: at(100),
            updated_at: at(200),
            happened_at: at(50),
            expires_at: None,
            superseded: None,
            told_as: None,
        }
    }

    fn edited(importance: Option<u8>, metadata: Value, happened_at: Option<Timestamp>) -> Memory {
        let mut memory = memory();
        let edit = Edit {
            importance,
            metadata: map(metadata),
            happened_at,
        };
        edit.apply(&mut memory);
        memory
    }

    #[test]
    fn an_edit_sets_and_removes_keys_and_leaves_the_others() {
        let memory = edited(None, json!({ "category": "issue", "tags": null }), None);
        let expected = json!({ "importance": 5, "category": "issue" });
        assert_eq!(memory.metadata, map(expected));
        assert_eq!((memory.importance, memory.happened_at), (5, at(50)));
    }

    #[test]
    fn the_importance_in_the_metadata_follows_only_if_there_is_one() {
        let memory = edited(Some(9), json!({}), None);
        assert_eq!(
            (memory.importance, &memory.metadata["importance"]),
            (9, &json!(9))
        );
        let memory = edited(Some(9), json!({ "importance": null }), None);
        assert!(!memory.metadata.contains_key("importance"));
    }

    #[test]
    fn the_time_follows_the_timestamp_and_without_one_is_that_of_creation() {
        let memory = edited(None, json!({ "timestamp": "any" }), Some(at(70)));
        assert_eq!(memory.happened_at, at(70));
        let memory = edited(None, json!({ "timestamp": null }), None);
        assert_eq!(memory.happened_at, at(100));
    }

    #[test]
    fn an_edit_is_no_reinforcement() {
        let memory = edited(Some(9), json!({ "pinned": true }), None);
        assert_eq!(
            (memory.reinforcement_count, memory.updated_at),
            (2, at(200))
        );
    }
}
