//! A memory on its way in.

use std::fmt;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{AgentId, CallerId, Fingerprint, IdempotencyKey, Memory, MemoryId, Rules, Vector};
use crate::lookup_keys::DuplicateLookup;

/// A checked request to remember something. `Debug` shows neither content nor caller.
#[derive(Clone)]
pub(crate) struct Draft {
    /// The id it gets when it is stored.
    pub(crate) id: MemoryId,
    pub(crate) agent_id: AgentId,
    pub(crate) caller_id: CallerId,
    /// Older ids of the caller: what is stored under them moves to `caller_id`.
    pub(crate) aliases: Vec<CallerId>,
    pub(crate) content: String,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) importance: u8,
    /// `metadata.timestamp`, when there is one.
    pub(crate) happened_at: Option<Timestamp>,
    /// From this moment on it no longer holds; never when there is none.
    pub(crate) expires_at: Option<Timestamp>,
    /// The key that it may be sent again under, and what that came with.
    pub(crate) key: Option<(IdempotencyKey, Fingerprint)>,
    /// What it would have come with when the caller was still spelt in an older way.
    pub(crate) older_fingerprints: Vec<Fingerprint>,
    pub(crate) relation: Option<Relation>,
    /// What it means; made later when there is none.
    pub(crate) vector: Option<Vector>,
}

/// What the sender already knows about an older memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    /// The named memory no longer holds; this one takes its place.
    Supersedes(MemoryId),
    /// This says the named memory again.
    Reinforces(MemoryId),
}

impl Relation {
    /// The memory it names.
    pub(crate) fn target(&self) -> &MemoryId {
        match self {
            Self::Supersedes(id) | Self::Reinforces(id) => id,
        }
    }
}

impl Draft {
    /// Where the memories are that this may repeat.
    pub(crate) fn duplicate_lookup(&self, rules: Rules) -> DuplicateLookup {
        DuplicateLookup::new(&self.content, rules.similarity_threshold)
    }

    /// The memory that this becomes when it is stored now.
    pub(crate) fn into_memory(self, now: Timestamp) -> Memory {
        Memory {
            id: self.id,
            agent_id: self.agent_id,
            caller_id: self.caller_id,
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
