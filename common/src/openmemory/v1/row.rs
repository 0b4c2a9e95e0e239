//! Memories as they come back.

use jiff::Timestamp;
use serde::Deserialize;

use crate::call::{AgentId, Channel, ConversationId};
use crate::memory::{Category, Importance, Memory, MemoryId};

/// Memories as they come back.
#[derive(Deserialize)]
pub(super) struct Found {
    memories: Vec<Row>,
}

impl Found {
    /// Only what belongs to this caller, and to this agent where one was named, whatever the server sent.
    pub(super) fn of<'a>(self, caller_key: &'a str, agent: Option<&'a AgentId>) -> impl Iterator<Item = Memory> + 'a {
        let ours = move |row: &Row| {
            row.metadata.caller_id.as_deref() == Some(caller_key)
                && agent.is_none_or(|agent| row.metadata.agent_id.as_ref() == Some(agent))
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
}

impl From<Row> for Memory {
    fn from(row: Row) -> Self {
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
            timestamp: metadata.timestamp.and_then(|text| text.parse().ok()).or(row.created_at),
            conversation_id: metadata.conversation_id.and_then(|id| ConversationId::parse(id).ok()),
            agent_id: metadata.agent_id,
            channel: metadata.channel.as_deref().and_then(Channel::from_name),
            reinforcement_count: metadata.reinforcement_count.unwrap_or(1),
        }
    }
}
