//! Memories as they come back.

use jiff::Timestamp;
use serde::Deserialize;

use super::super::clock::now;
use super::super::key::CallerKey;
use crate::call::{AgentId, Channel, ConversationId};
use crate::memory::{Category, Importance, Memory, MemoryId, Retention};

/// Memories as they come back.
#[derive(Deserialize)]
pub(super) struct Found {
    memories: Vec<Row>,
}

impl Found {
    /// Only what belongs to this caller, and to this agent where one was named, and has not expired, whatever the server
    /// sent.
    pub(super) fn of<'a>(
        self,
        key: &'a CallerKey,
        agent: Option<&'a AgentId>,
        retention: Retention,
    ) -> impl Iterator<Item = Memory> + 'a {
        let ours = move |row: &Row| {
            row.metadata.caller_id.as_deref().is_some_and(|caller| key.is(caller))
                && agent.is_none_or(|agent| row.metadata.agent_id.as_ref() == Some(agent))
                && !row.is_over(retention)
        };
        self.memories.into_iter().filter(ours).map(Memory::from)
    }
}

/// A memory as it comes back.
#[derive(Deserialize)]
struct Row {
    memory_id: MemoryId,
    content: String,
    #[serde(default)]
    relevance_score: Option<f64>,
    #[serde(default)]
    importance: Option<f64>,
    metadata: RowMetadata,
    #[serde(default)]
    created_at: Option<Timestamp>,
    #[serde(default)]
    updated_at: Option<Timestamp>,
    #[serde(default)]
    expires_at: Option<Timestamp>,
}

impl Row {
    /// Whether its time is over, by the server's word, or by that of the last call that is known to have confirmed it: it may
    /// have been stored before there was a limit, or on a server that knows none.
    fn is_over(&self, retention: Retention) -> bool {
        if retention == Retention::default() {
            return false;
        }
        if let Some(expiry) = self.expires_at {
            return expiry <= now();
        }
        let is_said_again = self.metadata.reinforcement_count.is_some_and(|count| count > 1);
        let confirmed = if is_said_again { self.updated_at } else { self.said_at() };
        confirmed.is_some_and(|at| retention.is_over(at, now()))
    }

    fn said_at(&self) -> Option<Timestamp> {
        self.metadata.timestamp.as_deref().and_then(|text| text.parse().ok()).or(self.created_at)
    }
}

#[derive(Deserialize)]
struct RowMetadata {
    caller_id: Option<String>,
    agent_id: Option<AgentId>,
    #[serde(default)]
    conversation_id: Option<String>,
    #[serde(default)]
    timestamp: Option<String>,
    #[serde(default)]
    channel: Option<String>,
    #[serde(default)]
    category: Option<String>,
    #[serde(default)]
    reinforcement_count: Option<u32>,
    #[serde(default)]
    search_hints: Option<Vec<String>>,
}

impl From<Row> for Memory {
    fn from(row: Row) -> Self {
        let timestamp = row.said_at();
        let metadata = row.metadata;
        let category = metadata
            .category
            .as_deref()
            .and_then(|name| Category::ALL.into_iter().find(|category| category.as_str() == name));
        let importance = row.importance.map_or(Importance::MIDDLE, |number| Importance::clamped(number.round() as i64));
        Self {
            id: row.memory_id,
            content: row.content,
            relevance: row.relevance_score.filter(|score| score.is_finite()).map_or(1.0, |score| score.clamp(0.0, 1.0)),
            importance,
            category,
            search_hints: metadata.search_hints.unwrap_or_default(),
            timestamp,
            conversation_id: metadata.conversation_id.and_then(|id| ConversationId::parse(id).ok()),
            agent_id: metadata.agent_id,
            channel: metadata.channel.as_deref().and_then(Channel::from_name),
            reinforcement_count: metadata.reinforcement_count.unwrap_or(1),
        }
    }
}
