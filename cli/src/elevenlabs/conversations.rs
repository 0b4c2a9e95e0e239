//! Conversations that agents had.

use std::collections::BTreeSet;

use common::call::{AgentId, ConversationId};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ElevenLabs, ElevenLabsError, entry};

/// A conversation in a list.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ConversationSummary {
    pub(crate) conversation_id: ConversationId,
    /// `initiated`, `in-progress`, `processing`, `done` or `failed`.
    pub(crate) status: String,
    #[serde(default)]
    start_time_unix_secs: Option<i64>,
}

/// Which conversations are listed: those in which an agent spoke that began at or after a second
/// since the epoch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Listed<'a> {
    pub(crate) agent: &'a AgentId,
    pub(crate) since: i64,
}

/// A whole conversation as ElevenLabs keeps it.
pub(crate) struct Conversation(Value);

impl Conversation {
    /// `initiated`, `in-progress`, `processing`, `done` or `failed`.
    pub(crate) fn status(&self) -> &str {
        self.0["status"].as_str().unwrap_or_default()
    }

    /// Whether it is over and analysed, so that nothing of it will change.
    pub(crate) fn is_finished(&self) -> bool {
        matches!(self.status(), "done" | "failed")
    }

    /// Whether the agent had this conversation, from the beginning or after a transfer.
    pub(crate) fn is_of(&self, agent: &AgentId) -> bool {
        let is_agent =
            |visited: &Value| visited == agent.as_str() || visited["agent_id"] == agent.as_str();
        let visited = ["visited_agents", "visited_agent_ids"].map(|name| self.0[name].as_array());
        self.0["agent_id"] == agent.as_str()
            || visited.into_iter().flatten().flatten().any(is_agent)
    }

    /// The post-call webhook that ElevenLabs would have sent: the API gives what the webhook has
    /// under `data`.
    pub(crate) fn into_webhook(self) -> Value {
        let second = |name: &str| self.0["metadata"][name].as_i64();
        let began = second("start_time_unix_secs");
        let ended = began.map(|began| began + second("call_duration_secs").unwrap_or_default());
        json!({"type": "post_call_transcription", "event_timestamp": ended, "data": self.0})
    }
}

impl ElevenLabs {
    /// Conversations, oldest first: those that began with the agent, and those that were
    /// transferred to it, which the list by agent leaves out.
    pub(crate) async fn conversations(
        &self,
        listed: Listed<'_>,
    ) -> Result<Vec<ConversationSummary>, ElevenLabsError> {
        let since = listed.since.to_string();
        let what = format!("the conversations of {}", listed.agent);
        let (mut conversations, mut known) = (Vec::new(), BTreeSet::new());
        for by in ["agent_id", "visited_agent_ids"] {
            let query = [
                (by, listed.agent.as_str()),
                ("call_start_after_unix", since.as_str()),
                ("sort_direction", "asc"),
            ];
            for found in self
                .list(&["convai", "conversations"], &query, "conversations", &what)
                .await?
            {
                let found: ConversationSummary = entry(found)?;
                if known.insert(found.conversation_id.clone()) {
                    conversations.push(found);
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
