//! Conversations that ElevenLabs keeps.

use std::collections::BTreeSet;

use common::call::{AgentId, ConversationId};
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::{ElevenLabs, entry};
use super::error::ElevenLabsError;

/// A conversation as the API lists it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ConversationSummary {
    pub(crate) conversation_id: ConversationId,
    /// `initiated`, `in-progress`, `processing`, `done` or `failed`.
    pub(crate) status: String,
    #[serde(default)]
    start_time_unix_secs: Option<i64>,
}

/// Selects conversations in which an agent took part and that began at or after `since`, in seconds
/// since the epoch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConversationFilter<'a> {
    pub(crate) agent: &'a AgentId,
    pub(crate) since: i64,
}

/// A complete conversation as ElevenLabs keeps it.
pub(crate) struct Conversation(Value);

impl Conversation {
    /// `initiated`, `in-progress`, `processing`, `done` or `failed`.
    pub(crate) fn status(&self) -> &str {
        self.0["status"].as_str().unwrap_or_default()
    }

    /// Whether the conversation has ended and is analysed, so it will not change any more.
    pub(crate) fn is_finished(&self) -> bool {
        matches!(self.status(), "done" | "failed")
    }

    /// Whether the agent took part, from the beginning or after a transfer.
    pub(crate) fn involves(&self, agent: &AgentId) -> bool {
        let is_agent =
            |visited: &Value| visited == agent.as_str() || visited["agent_id"] == agent.as_str();
        let visited = ["visited_agents", "visited_agent_ids"].map(|name| self.0[name].as_array());
        self.0["agent_id"] == agent.as_str()
            || visited.into_iter().flatten().flatten().any(is_agent)
    }

    /// Converts the conversation into the post-call webhook that ElevenLabs would have sent. The
    /// API returns exactly what the webhook carries under `data`.
    pub(crate) fn into_webhook(self) -> Value {
        let metadata = &self.0["metadata"];
        let duration = metadata["call_duration_secs"].as_i64().unwrap_or_default();
        let started = metadata["start_time_unix_secs"].as_i64();
        let ended = started.map(|started| started + duration);
        json!({"type": "post_call_transcription", "event_timestamp": ended, "data": self.0})
    }
}

impl ElevenLabs {
    /// Lists conversations, oldest first. The list by agent leaves out calls that were transferred
    /// to it, so those are listed separately.
    pub(crate) async fn conversations(
        &self,
        filter: ConversationFilter<'_>,
    ) -> Result<Vec<ConversationSummary>, ElevenLabsError> {
        let since = filter.since.to_string();
        let what = format!("the conversations of {}", filter.agent);
        let mut conversations = Vec::new();
        let mut ids = BTreeSet::new();
        for agent_field in ["agent_id", "visited_agent_ids"] {
            let query = [
                (agent_field, filter.agent.as_str()),
                ("call_start_after_unix", since.as_str()),
                ("sort_direction", "asc"),
            ];
            for listed in self
                .list(&["convai", "conversations"], &query, "conversations", &what)
                .await?
            {
                let conversation: ConversationSummary = entry(listed)?;
                if ids.insert(conversation.conversation_id.clone()) {
                    conversations.push(conversation);
                }
            }
        }
        conversations
            .sort_by_key(|conversation: &ConversationSummary| conversation.start_time_unix_secs);
        Ok(conversations)
    }

    pub(crate) async fn conversation(
        &self,
        id: &ConversationId,
    ) -> Result<Conversation, ElevenLabsError> {
        let path = ["convai", "conversations", id.as_str()];
        self.get(&path, &[], &format!("the conversation {id}"))
            .await
            .map(Conversation)
    }
}
