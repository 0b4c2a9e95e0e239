//! What was made of one conversation, kept in the archive before anything is remembered.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use common::call::{AgentId, ConversationId};
use common::llm::Usage;
use common::memory::NewMemory;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::PermanentError;

/// The validated result of an extraction. Written once; a job that comes again goes on from here.
///
/// Personal: `Debug` does not show its words.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The agent that took the call.
    pub agent_id: AgentId,
    /// When the call began.
    pub call_at: Timestamp,
    /// When this was made.
    pub extracted_at: Timestamp,
    /// The version of prompt and checks that made it.
    pub extractor: String,
    /// `openai`, `anthropic` or `none`.
    pub provider: String,
    /// The model, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Why a configured model was not heard; the conversation can be extracted again with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declined: Option<String>,
    /// The status by which the provider declined, where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declined_status: Option<u16>,
    /// What is to be remembered.
    pub memories: Vec<NewMemory>,
    /// The first words of the next call; empty for a template.
    pub greeting: String,
    /// What the call was about.
    pub summary: String,
    /// What was left unsolved.
    pub open_issues: Vec<String>,
    /// The name the caller gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller_name: Option<String>,
    /// The language of the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// How many memories of the model were not kept, by reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dropped: BTreeMap<String, usize>,
    /// The same by reason and category: `unsupported` → `factual` → 2. Of items that cannot be read
    /// no category is known.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dropped_by_category: BTreeMap<String, BTreeMap<String, usize>>,
    /// How the second question to the model ended, where `LLM_VERIFY` asks it: `ok`, or why the
    /// memories were kept unasked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verification: Option<String>,
    /// How many private memories were withheld, by kind. Done again after `STORE_SENSITIVE` allows
    /// a kind, they are stored.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub withheld: BTreeMap<String, usize>,
    /// What the model's answers cost.
    #[serde(default)]
    pub usage: Usage,
    /// The same in US dollars, where the model's price is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_dollars: Option<f64>,
    /// Whether the call came without its transcript and none could be fetched.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub transcript_missing: bool,
    /// What the other agents of a transferred call remember of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_agents: Vec<OtherAgent>,
}

/// The memories of a transferred call, as one more of its agents stores them.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct OtherAgent {
    /// The agent.
    pub agent_id: AgentId,
    /// The memories, with changes and keys of this agent.
    pub memories: Vec<NewMemory>,
}

impl Record {
    /// The record as the given agent has it. The greeting was written for the agent of the call, in
    /// its tone.
    pub(crate) fn of_agent(&self, agent: &AgentId) -> Self {
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

    /// How the model did: `ok`, `none` where there is none, or the class of the reason why it was
    /// not heard.
    pub(crate) fn outcome(&self) -> &'static str {
        match self.declined.as_deref() {
            None if self.model.is_some() => "ok",
            None => "none",
            Some("unreadable") => "unreadable",
            Some("timed_out" | "interrupted") => "timed_out",
            // The model read the call and gave no whole answer.
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
    fn each_call_has_one_outcome_whatever_the_reason() {
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
