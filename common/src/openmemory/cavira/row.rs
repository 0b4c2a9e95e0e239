//! A row of the server, and the metadata that this client stores on it.

use std::collections::HashSet;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::call::{AgentId, Channel, ConversationId};
use crate::memory::{Category, Importance, Memory, MemoryId};

/// A row as the server returns it.
#[derive(Clone, Deserialize)]
pub(super) struct Row {
    pub(super) id: MemoryId,
    #[serde(default)]
    pub(super) content: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    pub(super) metadata: Map<String, Value>,
    /// Milliseconds since the epoch.
    #[serde(default)]
    pub(super) created_at: Option<i64>,
    pub(super) user_id: Option<String>,
}

fn null_is_empty<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Map<String, Value>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl Row {
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.metadata.get(name).and_then(Value::as_str)
    }

    /// Returns whether the row is a placeholder whose memory has not been stored yet.
    pub(super) fn is_pending(&self) -> bool {
        self.metadata.get("pending") == Some(&Value::Bool(true))
    }

    /// Returns whether this client stored the row for this caller.
    pub(super) fn belongs_to(&self, key: &str) -> bool {
        self.text("caller_id") == Some(key)
            && self.user_id.as_deref().is_none_or(|user| user == key)
    }

    /// Returns whether the row is a memory of any caller, active or superseded.
    pub(super) fn is_memory(&self) -> bool {
        let is_kind = |name, kind| self.text(name).is_none_or(|own| own == kind);
        !self.is_pending() && is_kind("kind", "memory") && is_kind("type", "caller_memory")
    }

    /// Returns whether the row has expired. A row without an expiry never expires.
    pub(super) fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at().is_some_and(|expiry| expiry <= now)
    }

    pub(super) fn expires_at(&self) -> Option<Timestamp> {
        self.text("expires_at").and_then(|text| text.parse().ok())
    }

    pub(super) fn is_superseded(&self) -> bool {
        self.metadata.contains_key("superseded_by")
    }

    /// Returns whether the row is an active memory of this caller and, if given, of this agent.
    pub(super) fn is_memory_of(&self, key: &str, agent: Option<&AgentId>, now: Timestamp) -> bool {
        self.is_memory()
            && self.belongs_to(key)
            && !self.is_superseded()
            && !self.is_expired(now)
            && agent.is_none_or(|agent| self.text("agent_id") == Some(agent.as_str()))
    }

    /// Returns whether the row is a current or earlier profile of this agent and caller.
    pub(super) fn is_profile_of(&self, agent: &AgentId, key: &str) -> bool {
        !self.is_pending()
            && self.text("kind") == Some("profile")
            && self.text("agent_id") == Some(agent.as_str())
            && self.text("caller_id") == Some(key)
    }

    /// Returns whether the row is a reflection that the server generated from one of these
    /// memories.
    pub(super) fn is_derived_from(&self, memories: &HashSet<MemoryId>) -> bool {
        let sources = self.metadata.get("sources").and_then(Value::as_array);
        let is_one = |id: &Value| {
            id.as_str()
                .is_some_and(|id| memories.contains(&MemoryId(id.to_owned())))
        };
        self.text("type") == Some("auto_reflect")
            && sources.is_some_and(|sources| sources.iter().any(is_one))
    }

    pub(super) fn importance(&self) -> Importance {
        let number = self.metadata.get("importance").and_then(Value::as_f64);
        number.map_or(Importance::MIDDLE, |number| {
            Importance::clamped(number.round() as i64)
        })
    }

    pub(super) fn reinforcement_count(&self) -> u32 {
        let count = self
            .metadata
            .get("reinforcement_count")
            .and_then(Value::as_u64);
        count
            .and_then(|count| u32::try_from(count).ok())
            .unwrap_or(1)
    }

    /// Returns the idempotency keys of the memories that created or reinforced the row, in order.
    pub(super) fn keys(&self) -> Vec<String> {
        self.texts("keys")
    }

    /// Returns the words besides the content by which a search can find the row.
    pub(super) fn hints(&self) -> String {
        [self.texts("search_hints"), self.texts("entities")]
            .concat()
            .join(" ")
    }

    fn texts(&self, name: &str) -> Vec<String> {
        let list = self
            .metadata
            .get(name)
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        list.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    pub(super) fn created_at(&self) -> Option<Timestamp> {
        self.created_at
            .and_then(|millis| Timestamp::from_millisecond(millis).ok())
    }

    pub(super) fn said_at(&self) -> Option<Timestamp> {
        self.text("timestamp")
            .and_then(|text| text.parse().ok())
            .or_else(|| self.created_at())
    }

    pub(super) fn memory(&self, relevance: f64) -> Memory {
        let category = self.text("category");
        let parse = |id: &str| ConversationId::parse(id).ok();
        Memory {
            id: self.id.clone(),
            content: self.content.clone(),
            relevance,
            importance: self.importance(),
            category: Category::ALL
                .into_iter()
                .find(|one| Some(one.as_str()) == category),
            search_hints: self.texts("search_hints"),
            timestamp: self.said_at(),
            conversation_id: self.text("conversation_id").and_then(parse),
            agent_id: self.text("agent_id").and_then(|id| AgentId::parse(id).ok()),
            channel: self.text("channel").and_then(Channel::from_name),
            reinforcement_count: self.reinforcement_count(),
            is_pinned: self.metadata.get("pinned") == Some(&Value::Bool(true)),
            speaker: self.text("speaker").map(str::to_owned),
            superseded_at: None,
        }
    }
}
