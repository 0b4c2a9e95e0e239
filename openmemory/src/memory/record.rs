//! A memory as it is kept.

use std::fmt;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{AgentId, CallerId, MemoryId};

/// Something an agent remembers of a caller. `Debug` shows neither content nor caller.
#[derive(Clone, PartialEq)]
pub(crate) struct Memory {
    pub(crate) id: MemoryId,
    pub(crate) agent_id: AgentId,
    pub(crate) caller_id: CallerId,
    pub(crate) content: String,
    /// As it was given.
    pub(crate) metadata: Map<String, Value>,
    /// 1 to 10.
    pub(crate) importance: u8,
    /// 1 for a new memory, one more each time it is said again.
    pub(crate) reinforcement_count: u32,
    pub(crate) created_at: Timestamp,
    /// When it was last reinforced or superseded; at first the time of creation.
    pub(crate) updated_at: Timestamp,
    /// The time it speaks of: `metadata.timestamp`, else the time of creation.
    pub(crate) happened_at: Timestamp,
    /// From this moment on it is as if it were not there; never when there is none.
    pub(crate) expires_at: Option<Timestamp>,
    /// Its successor, when it no longer holds. Such a memory is history: it answers only what was
    /// before.
    pub(crate) superseded: Option<Superseded>,
}

/// The link from a memory to the one that took its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Superseded {
    pub(crate) by: MemoryId,
    pub(crate) at: Timestamp,
}

impl Memory {
    /// Whether its time is over.
    pub(crate) fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|expiry| expiry <= now)
    }

    /// Whether its metadata says that it is to be kept at hand whatever is asked.
    pub(crate) fn is_pinned(&self) -> bool {
        self.metadata
            .get("pinned")
            .and_then(serde_json::Value::as_bool)
            .unwrap_or_default()
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
