//! What became of a memory that was sent.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{CallerId, MemoryId};

/// What became of one memory of a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    /// It is remembered.
    Kept(Receipt),
    /// It names a memory that is not this caller's; nothing was stored.
    NoSuchMemory(MemoryId),
}

/// How a memory was taken in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Receipt {
    pub(crate) memory_id: MemoryId,
    pub(crate) action: Action,
    pub(crate) created_at: Timestamp,
    /// The memories it repeats.
    pub(crate) similar: Vec<Similar>,
    /// Memories that went to make room.
    pub(crate) evicted: Vec<MemoryId>,
}

/// What was done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Action {
    /// A new memory.
    Stored,
    /// An existing memory counts one more.
    Reinforced,
    /// A new memory that took another's place.
    Superseded,
}

/// An existing memory that says the same.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Similar {
    pub(crate) memory_id: MemoryId,
    /// 0..=1.
    pub(crate) similarity: f64,
    /// After this reinforcement.
    pub(crate) reinforcement_count: u32,
}

/// A name under which a request may be repeated, and the place of the memory in that request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct IdempotencyKey {
    pub(crate) key: String,
    /// Place in a batch whose header carried the key; -1 for a key of one memory.
    pub(crate) position: i64,
}

/// A receipt kept under its key.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct KeptReceipt {
    pub(crate) caller_id: CallerId,
    pub(crate) key: IdempotencyKey,
    pub(crate) receipt: Receipt,
}
