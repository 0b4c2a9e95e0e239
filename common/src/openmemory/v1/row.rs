//! The JSON form in which the store returns memories.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

use super::super::ExplainedMemory;
use super::super::clock::now;
use super::super::key::CallerKey;
use crate::call::{AgentId, Channel, ConversationId};
use crate::memory::{Category, Importance, Memory, MemoryId, Retention};

/// A response with memories.
#[derive(Deserialize)]
pub(super) struct MemoryList<'a> {
    #[serde(borrow)]
    memories: Vec<Row<'a>>,
}

impl<'a> MemoryList<'a> {
    /// Returns the memories of this caller and, if given, of this agent that have not expired. Rows
    /// of anyone else are dropped, even if the server sent them.
    pub(super) fn into_memories(
        self,
        key: &CallerKey,
        agent: Option<&AgentId>,
        retention: Retention,
    ) -> impl Iterator<Item = Memory> {
        self.requested(key, agent, retention).map(Memory::from)
    }

    /// As [`into_memories`](Self::into_memories), with what the score of each memory consists of.
    pub(super) fn into_explained(
        self,
        key: &CallerKey,
        agent: Option<&AgentId>,
        retention: Retention,
    ) -> impl Iterator<Item = ExplainedMemory> {
        self.requested(key, agent, retention)
            .map(|mut row| ExplainedMemory {
                score: row.score.take().unwrap_or_default(),
                memory: Memory::from(row),
            })
    }

    fn requested(
        self,
        key: &CallerKey,
        agent: Option<&AgentId>,
        retention: Retention,
    ) -> impl Iterator<Item = Row<'a>> {
        let is_requested = move |row: &Row<'_>| {
            row.metadata
                .caller_id()
                .is_some_and(|caller| key.matches(caller))
                && agent.is_none_or(|agent| row.metadata.agent_id() == Some(agent.as_str()))
                && !row.is_expired(retention)
        };
        self.memories.into_iter().filter(is_requested)
    }
}

/// The response to an edit.
#[derive(Deserialize)]
pub(super) struct EditedMemory<'a> {
    #[serde(borrow)]
    memory: Row<'a>,
}

impl EditedMemory<'_> {
    /// Returns the memory, or `None` if it is not one of this caller.
    pub(super) fn into_memory(self, key: &CallerKey) -> Option<Memory> {
        let caller = self.memory.metadata.caller_id();
        let is_own = caller.is_some_and(|caller| key.matches(caller));
        is_own.then(|| Memory::from(self.memory))
    }
}

/// A string that borrows from the response. It is copied only if it contains escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// A memory as the store returns it.
#[derive(Deserialize)]
struct Row<'a> {
    memory_id: MemoryId,
    content: String,
    #[serde(default)]
    relevance_score: Option<f64>,
    #[serde(default)]
    importance: Option<f64>,
    #[serde(borrow)]
    metadata: RowMetadata<'a>,
    #[serde(borrow, default)]
    created_at: Option<Text<'a>>,
    #[serde(default)]
    updated_at: Option<Timestamp>,
    #[serde(default)]
    expires_at: Option<Timestamp>,
    #[serde(default)]
    superseded_at: Option<Timestamp>,
    #[serde(default)]
    score: Option<BTreeMap<String, f64>>,
}

impl Row<'_> {
    /// Returns whether the memory has expired: at the server's expiry or, without one, by the
    /// retention after the last known call that confirmed it. A memory has no expiry if it was
    /// stored before a retention was set, or on a server without support for expiry.
    fn is_expired(&self, retention: Retention) -> bool {
        if retention == Retention::default() {
            return false;
        }
        if let Some(expiry) = self.expires_at {
            return expiry <= now();
        }
        let is_reinforced = self
            .metadata
            .reinforcement_count
            .is_some_and(|count| count > 1);
        let confirmed_at = if is_reinforced {
            self.updated_at
        } else {
            self.said_at()
        };
        confirmed_at.is_some_and(|at| retention.is_expired(at, now()))
    }

    fn said_at(&self) -> Option<Timestamp> {
        let parse =
            |text: &Option<Text<'_>>| text.as_ref().and_then(|Text(text)| text.parse().ok());
        parse(&self.metadata.timestamp).or_else(|| parse(&self.created_at))
    }
}

#[derive(Deserialize)]
struct RowMetadata<'a> {
    #[serde(borrow)]
    caller_id: Option<Text<'a>>,
    #[serde(borrow)]
    agent_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    conversation_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    timestamp: Option<Text<'a>>,
    #[serde(borrow, default)]
    channel: Option<Text<'a>>,
    #[serde(borrow, default)]
    category: Option<Text<'a>>,
    #[serde(default)]
    reinforcement_count: Option<u32>,
    #[serde(default)]
    search_hints: Option<Vec<String>>,
    #[serde(default, deserialize_with = "is_true")]
    pinned: bool,
    #[serde(borrow, default)]
    speaker: Option<Text<'a>>,
}

/// Deserializes any value other than `true` as `false`.
fn is_true<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    serde_json::Value::deserialize(deserializer).map(|value| value == serde_json::Value::Bool(true))
}

impl RowMetadata<'_> {
    fn caller_id(&self) -> Option<&str> {
        self.caller_id.as_ref().map(|Text(id)| id.as_ref())
    }

    fn agent_id(&self) -> Option<&str> {
        self.agent_id.as_ref().map(|Text(id)| id.as_ref())
    }
}

impl From<Row<'_>> for Memory {
    fn from(row: Row<'_>) -> Self {
        let timestamp = row.said_at();
        let metadata = row.metadata;
        let agent_id = metadata.agent_id().and_then(|id| AgentId::parse(id).ok());
        let category = metadata.category.and_then(|Text(name)| {
            Category::ALL
                .into_iter()
                .find(|category| category.as_str() == name)
        });
        let importance = row.importance.map_or(Importance::MIDDLE, |number| {
            Importance::clamped(number.round() as i64)
        });
        Self {
            id: row.memory_id,
            content: row.content,
            relevance: row
                .relevance_score
                .filter(|score| score.is_finite())
                .map_or(1.0, |score| score.clamp(0.0, 1.0)),
            importance,
            category,
            search_hints: metadata.search_hints.unwrap_or_default(),
            timestamp,
            conversation_id: metadata
                .conversation_id
                .and_then(|Text(id)| ConversationId::parse(id).ok()),
            agent_id,
            channel: metadata
                .channel
                .and_then(|Text(name)| Channel::from_name(&name)),
            reinforcement_count: metadata.reinforcement_count.unwrap_or(1),
            is_pinned: metadata.pinned,
            speaker: metadata.speaker.map(|Text(name)| name.into_owned()),
            superseded_at: row.superseded_at,
        }
    }
}
