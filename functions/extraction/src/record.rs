//! The extraction record of a conversation, stored in the archive before any memory is stored.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use common::call::{AgentId, Channel, ConversationId};
use common::llm::Usage;
use common::memory::NewMemory;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::PermanentError;

/// The validated result of an extraction. It is written once; a job delivered again continues from
/// it.
///
/// Contains personal data, which `Debug` does not show.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The agent that took the call.
    pub agent_id: AgentId,
    /// When the call began.
    pub call_at: Timestamp,
    /// When the record was made.
    pub extracted_at: Timestamp,
    /// The version of the prompt and the checks.
    pub extractor: String,
    /// `openai`, `anthropic` or `none`.
    pub provider: String,
    /// The model, if one was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Why a configured model was not used; the conversation can be extracted again with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declined: Option<String>,
    /// The HTTP status with which the provider refused, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declined_status: Option<u16>,
    /// The channel of the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// The memories to store.
    pub memories: Vec<NewMemory>,
    /// The greeting of the next call; empty for the template.
    pub greeting: String,
    /// Summary of the call.
    pub summary: String,
    /// Issues that the call left open.
    pub open_issues: Vec<String>,
    /// The caller's name as they gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller_name: Option<String>,
    /// The language of the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Number of dropped memories of the model, by reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dropped: BTreeMap<String, usize>,
    /// Number of dropped memories by reason and category, such as `unsupported`: `factual`: 2.
    /// Unreadable items have no category and are not counted here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dropped_by_category: BTreeMap<String, BTreeMap<String, usize>>,
    /// The outcome of the verification request, if `LLM_VERIFY` enables it: `ok`, or why the
    /// memories were kept without verification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verification: Option<String>,
    /// Number of withheld private memories, by kind. A redo stores them once `STORE_SENSITIVE`
    /// allows their kind.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub withheld: BTreeMap<String, usize>,
    /// The tokens that the model used.
    #[serde(default)]
    pub usage: Usage,
    /// The cost in US dollars, if the model's price is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_dollars: Option<f64>,
    /// Whether the call came without a transcript and none could be fetched.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub transcript_missing: bool,
    /// The memories of the other agents of a transferred call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_agents: Vec<OtherAgent>,
}

/// The memories of a transferred call as another of its agents stores them.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct OtherAgent {
    /// The agent.
    pub agent_id: AgentId,
    /// The memories, with this agent's changes and idempotency keys.
    pub memories: Vec<NewMemory>,
}

impl Record {
    /// Returns the record with the memories of the given agent. Only the agent of the call keeps
    /// the greeting, which was written in its tone.
    pub(crate) fn for_agent(&self, agent: &AgentId) -> Self {
        match self
            .other_agents
            .iter()
            .find(|other| other.agent_id == *agent)
        {
            Some(other) => Self {
                memories: other.memories.clone(),
                greeting: String::new(),
                ..self.clone()
            },
            None => self.clone(),
        }
    }

    /// Returns how the model performed, for metrics: `ok`, `none` if there is no model, or the
    /// class of the reason why its output was not used.
    pub(crate) fn outcome(&self) -> &'static str {
        match self.declined.as_deref() {
            None if self.model.is_some() => "ok",
            None => "none",
            Some("unreadable") => "unreadable",
            Some("timed_out" | "interrupted") => "timed_out",
            // The model read the call but did not finish an answer.
            Some("model_refused" | "filtered" | "cut_off") => "refused",
            Some(_) => "declined",
        }
    }

    pub(crate) fn read(bytes: &[u8]) -> Result<Self, PermanentError> {
        serde_json::from_slice(bytes).map_err(|_| PermanentError::RecordUnreadable)
    }

    pub(crate) fn write(&self) -> Result<Bytes, PermanentError> {
        serde_json::to_vec(self)
            .map(Bytes::from)
            .map_err(|_| PermanentError::RecordUnreadable)
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("conversation_id", &self.conversation_id)
            .field("provider", &self.provider)
            .field("memories", &self.memories.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(model: Option<&str>, declined: Option<&str>) -> &'static str {
        let record = serde_json::json!({"conversation_id": "conv_1", "agent_id": "agent_1", "model": model,
            "call_at": "2026-11-27T10:00:00Z", "extracted_at": "2026-11-27T10:00:00Z", "extractor": "e", "provider": "p",
            "declined": declined, "memories": [], "greeting": "", "summary": "", "open_issues": []});
        Record::read(record.to_string().as_bytes())
            .unwrap()
            .outcome()
    }

    #[test]
    fn every_reason_belongs_to_one_outcome() {
        assert_eq!(
            (outcome(Some("m"), None), outcome(None, None)),
            ("ok", "none")
        );
        for (reason, expected) in [
            ("unreadable", "unreadable"),
            ("timed_out", "timed_out"),
            ("interrupted", "timed_out"),
            ("model_refused", "refused"),
            ("filtered", "refused"),
            ("cut_off", "refused"),
            ("unauthorised", "declined"),
            ("refused", "declined"),
            ("unknown_model", "declined"),
            ("quota_used_up", "declined"),
            ("no_key", "declined"),
        ] {
            assert_eq!(outcome(None, Some(reason)), expected, "{reason}");
        }
    }
}
