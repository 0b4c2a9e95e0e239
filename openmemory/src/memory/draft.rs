//! A memory that a request asks to store.

use std::fmt;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{AgentId, CallerId, Fingerprint, IdempotencyKey, Memory, MemoryId, Rules, Vector};
use crate::matching::DuplicateLookup;

/// A validated memory that is not stored yet. `Debug` hides content and caller.
#[derive(Clone)]
pub(crate) struct Draft {
    /// Its id if it is stored as a new memory.
    pub(crate) id: MemoryId,
    pub(crate) agent_id: AgentId,
    pub(crate) caller_id: CallerId,
    /// Older ids of the caller. Everything stored under them moves to `caller_id`.
    pub(crate) aliases: Vec<CallerId>,
    /// The requested id, if that is linked to `caller_id`.
    pub(crate) told_as: Option<CallerId>,
    pub(crate) content: String,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) importance: u8,
    /// `metadata.timestamp`, if present.
    pub(crate) happened_at: Option<Timestamp>,
    /// When it expires; `None` means never.
    pub(crate) expires_at: Option<Timestamp>,
    /// The idempotency key, and the fingerprint of the body it came with.
    pub(crate) key: Option<(IdempotencyKey, Fingerprint)>,
    /// The fingerprints of the same body under each older id of the caller.
    pub(crate) older_fingerprints: Vec<Fingerprint>,
    pub(crate) relation: Option<Relation>,
    /// Its embedding. If `None`, a background worker adds it later.
    pub(crate) vector: Option<Vector>,
}

/// How the sender relates a new memory to an existing one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    /// The new memory replaces the named one, which no longer holds.
    Supersedes(MemoryId),
    /// The new memory repeats the named one.
    Reinforces(MemoryId),
}

impl Relation {
    /// The id of the existing memory.
    pub(crate) fn target(&self) -> &MemoryId {
        match self {
            Self::Supersedes(id) | Self::Reinforces(id) => id,
        }
    }
}

impl Draft {
    /// How to look up the memories that this one may repeat.
    pub(crate) fn duplicate_lookup(&self, rules: Rules) -> DuplicateLookup {
        DuplicateLookup::new(&self.content, rules.similarity_threshold)
    }

    /// Stores the draft under the main id of the person, and remembers the requested id.
    pub(crate) fn use_main_id(&mut self, main: &CallerId) {
        if self.caller_id != *main {
            let requested = std::mem::replace(&mut self.caller_id, main.clone());
            self.told_as.get_or_insert(requested);
        }
    }

    /// Converts the draft into a new memory, created `now`.
    pub(crate) fn into_memory(self, now: Timestamp) -> Memory {
        Memory {
            id: self.id,
            agent_id: self.agent_id,
            caller_id: self.caller_id,
            told_as: self.told_as,
            content: self.content,
            metadata: self.metadata,
            importance: self.importance,
            reinforcement_count: 1,
            created_at: now,
            updated_at: now,
            happened_at: self.happened_at.unwrap_or(now),
            expires_at: self.expires_at,
            superseded: None,
        }
    }
}

impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft")
            .field("id", &self.id)
            .field("agent_id", &self.agent_id)
            .finish_non_exhaustive()
    }
}
