//! A stored memory.

use std::fmt;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{AgentId, CallerId, MemoryId};

/// A fact that an agent stored about a caller. `Debug` hides content and caller.
#[derive(Clone, PartialEq)]
pub(crate) struct Memory {
    pub(crate) id: MemoryId,
    pub(crate) agent_id: AgentId,
    pub(crate) caller_id: CallerId,
    /// The linked id under which it was told; `None` means the caller id itself.
    pub(crate) told_as: Option<CallerId>,
    pub(crate) content: String,
    /// The metadata of the request, unchanged.
    pub(crate) metadata: Map<String, Value>,
    /// From 1 to 10.
    pub(crate) importance: u8,
    /// 1 for a new memory; each repetition adds one.
    pub(crate) reinforcement_count: u32,
    pub(crate) created_at: Timestamp,
    /// When it was last reinforced or superseded; initially the time of creation.
    pub(crate) updated_at: Timestamp,
    /// When the caller said it: `metadata.timestamp`, or else the time of creation.
    pub(crate) happened_at: Timestamp,
    /// From this time on the memory is treated as deleted; `None` means never.
    pub(crate) expires_at: Option<Timestamp>,
    /// The memory that replaced it, if any. Superseded memories are found only by questions about
    /// the past.
    pub(crate) superseded: Option<Superseded>,
}

/// The link from a memory to the one that replaced it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Superseded {
    pub(crate) by: MemoryId,
    pub(crate) at: Timestamp,
}

impl Memory {
    /// Whether the memory has expired.
    pub(crate) fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|expiry| expiry <= now)
    }

    /// Whether its metadata marks it as pinned: to be kept at hand whatever the question.
    pub(crate) fn is_pinned(&self) -> bool {
        self.metadata
            .get("pinned")
            .and_then(serde_json::Value::as_bool)
            .unwrap_or_default()
    }

    /// The memory under the main id of the person, if its own id is linked.
    #[cfg(feature = "dynamodb")]
    pub(crate) fn under(mut self, main: Option<&CallerId>) -> Self {
        if let Some(main) = main {
            let linked = std::mem::replace(&mut self.caller_id, main.clone());
            self.told_as.get_or_insert(linked);
        }
        self
    }

    /// The category in its metadata.
    pub(crate) fn category(&self) -> Option<&str> {
        self.metadata.get("category")?.as_str()
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory")
            .field("id", &self.id)
            .field("agent_id", &self.agent_id)
            .field("reinforcement_count", &self.reinforcement_count)
            .field("superseded", &self.superseded)
            .finish_non_exhaustive()
    }
}
