//! An event, as the queue stores it and as receivers get it. It holds ids and numbers. What callers
//! said is added only on delivery, if the operator wants it.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::call::{AgentId, CallerHash, CallerId, ConversationId};
use crate::memory::{Category, Importance, MemoryId, Source};

/// Bytes of the digest that an id holds.
const ID_BYTES: usize = 16;

/// The id of an event. A repeated delivery has the same id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(String);

impl EventId {
    /// Derives an id from what the event is about.
    #[must_use]
    pub fn derived_from(parts: &[&str]) -> Self {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update(part.len().to_be_bytes());
            digest.update(part.as_bytes());
        }
        Self(format!(
            "evt_{}",
            hex::encode(&digest.finalize()[..ID_BYTES])
        ))
    }

    /// Returns the id as text: letters, digits and `_`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The id.
    pub id: EventId,
    /// When it happened.
    pub timestamp: Timestamp,
    /// The type and what it is about.
    #[serde(flatten)]
    pub data: EventData,
}

/// The type of an event and what it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum EventData {
    /// A call or an operator added a memory.
    #[serde(rename = "memory.stored")]
    MemoryStored(StoredMemory),
    /// A call or an operator replaced an earlier memory, which no longer holds.
    #[serde(rename = "memory.superseded")]
    MemorySuperseded(SupersededMemory),
    /// A call was processed.
    #[serde(rename = "call.extracted")]
    CallExtracted(ExtractedCall),
    /// An operator erased everything about a caller.
    #[serde(rename = "caller.forgotten")]
    CallerForgotten(ForgottenCaller),
}

/// The data of `memory.stored`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredMemory {
    /// The caller's pseudonym.
    pub caller: CallerHash,
    /// The conversation. `None` for a memory that an operator added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<ConversationId>,
    /// The agent that remembers it.
    pub agent_id: AgentId,
    /// The memory.
    pub memory_id: MemoryId,
    /// [`Source::Operator`] for an operator's memory, or `None` for a call's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// Its position among the agent's memories in the extraction record. Receivers do not get it.
    pub position: usize,
}

/// The data of `memory.superseded`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupersededMemory {
    /// The caller's pseudonym.
    pub caller: CallerHash,
    /// The conversation in which the caller said otherwise. After a correction, that of the memory
    /// that was wrong, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<ConversationId>,
    /// The agent of the new memory.
    pub agent_id: AgentId,
    /// The memory that no longer holds.
    pub memory_id: MemoryId,
    /// The memory that replaces it.
    pub superseded_by: MemoryId,
    /// [`Source::Operator`] for an operator's correction, or `None` for a call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
}

/// The data of `call.extracted`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtractedCall {
    /// The caller's pseudonym.
    pub caller: CallerHash,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The agent that took the call.
    pub agent_id: AgentId,
    /// How the model performed: `ok`, `none` without a model, or why its output was not used.
    pub outcome: String,
    /// Number of memories in the call.
    pub extracted: usize,
    /// Number of memories that were new, for all agents of the call.
    pub stored: usize,
    /// Number of memories that repeated an earlier one.
    pub reinforced: usize,
    /// Number of memories that replaced an earlier one.
    pub superseded: usize,
}

/// The data of `caller.forgotten`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForgottenCaller {
    /// The caller's pseudonym.
    pub caller: CallerHash,
}

/// What an operator may let receivers have in addition.
///
/// Contains personal data, so `Debug` does not show it.
#[derive(Clone, Default, PartialEq)]
pub struct EventContent {
    /// The caller.
    pub caller_id: Option<CallerId>,
    /// The memory that was stored.
    pub memory: Option<MemoryContent>,
}

/// What a memory says.
#[derive(Clone, PartialEq)]
pub struct MemoryContent {
    /// One statement about the caller.
    pub content: String,
    /// The category.
    pub category: Category,
    /// The importance, from 1 to 10.
    pub importance: Importance,
}

impl EventData {
    /// Returns the type.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::MemoryStored(_) => "memory.stored",
            Self::MemorySuperseded(_) => "memory.superseded",
            Self::CallExtracted(_) => "call.extracted",
            Self::CallerForgotten(_) => "caller.forgotten",
        }
    }
}

impl Event {
    /// Returns the body that receivers get. It has far less than 256 KB: ids are short, and a
    /// memory has at most 300 characters.
    ///
    /// # Errors
    /// If the event cannot be serialized.
    pub fn body(&self, content: &EventContent) -> serde_json::Result<String> {
        let mut body = serde_json::to_value(self)?;
        if let Some(Value::Object(data)) = body.get_mut("data") {
            data.remove("position");
            if let Some(caller) = &content.caller_id {
                data.insert("caller_id".to_owned(), json!(caller.as_str()));
            }
            if let Some(memory) = &content.memory {
                data.insert("content".to_owned(), json!(memory.content));
                data.insert("category".to_owned(), json!(memory.category));
                data.insert("importance".to_owned(), json!(memory.importance));
            }
        }
        serde_json::to_string(&body)
    }
}

impl fmt::Debug for EventContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventContent").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
