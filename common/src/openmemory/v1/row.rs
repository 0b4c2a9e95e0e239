//! Memories as they come back.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

use super::super::clock::now;
use super::super::key::CallerKey;
use crate::call::{AgentId, Channel, ConversationId};
use crate::memory::{Category, Importance, Memory, MemoryId, Retention};

/// Memories as they come back.
#[derive(Deserialize)]
pub(super) struct Found<'a> {
    #[serde(borrow)]
    memories: Vec<Row<'a>>,
}

impl<'a> Found<'a> {
    /// Only what belongs to this caller, and to this agent where one was named, and has not
    /// expired, whatever the server sent.
    pub(super) fn of(
        self,
        key: &CallerKey,
        agent: Option<&AgentId>,
        retention: Retention,
    ) -> impl Iterator<Item = Memory> {
        let ours = move |row: &Row<'_>| {
            row.metadata
                .caller_id()
                .is_some_and(|caller| key.is(caller))
                && agent.is_none_or(|agent| row.metadata.agent_id() == Some(agent.as_str()))
                && !row.is_over(retention)
        };
        self.memories.into_iter().filter(ours).map(Memory::from)
    }
}

/// A text as it stands in the answer: it is copied only where it has escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// A memory as it comes back.
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
}

impl Row<'_> {
    /// Whether its time is over, by the server's word, or by that of the last call that is known to
    /// have confirmed it: it may have been stored before there was a limit, or on a server that
    /// knows none.
    fn is_over(&self, retention: Retention) -> bool {
        if retention == Retention::default() {
            return false;
        }
        if let Some(expiry) = self.expires_at {
            return expiry <= now();
        }
        let is_said_again = self
            .metadata
            .reinforcement_count
            .is_some_and(|count| count > 1);
        let confirmed = if is_said_again {
            self.updated_at
        } else {
            self.said_at()
        };
        confirmed.is_some_and(|at| retention.is_expired(at, now()))
    }

    fn said_at(&self) -> Option<Timestamp> {
        let read = |text: &Option<Text<'_>>| text.as_ref().and_then(|Text(text)| text.parse().ok());
        read(&self.metadata.timestamp).or_else(|| read(&self.created_at))
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
    #[serde(default, deserialize_with = "flag")]
    pinned: bool,
}

/// Whatever is not `true` is no.
fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
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
            superseded_at: row.superseded_at,
        }
    }
}
