//! What became of a memory that was sent.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{CallerId, MemoryId};

/// What became of one memory of a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    /// It is remembered.
    Accepted(Receipt),
    /// It names a memory that is not this caller's; nothing was stored.
    NoSuchMemory(MemoryId),
    /// Its key came before with another body; nothing was stored.
    KeyReused,
}

/// How a memory was taken in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Receipt {
    pub(crate) memory_id: MemoryId,
    pub(crate) action: Action,
    pub(crate) created_at: Timestamp,
    /// The memories it repeats.
    pub(crate) similar: Vec<SimilarMemory>,
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
pub(crate) struct SimilarMemory {
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

/// Tells one body from another under the same key. Long enough for that, too short to find out what
/// was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint(pub(crate) String);

/// A receipt kept under its key.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SavedReceipt {
    pub(crate) caller_id: CallerId,
    pub(crate) key: IdempotencyKey,
    /// Of the body that came with the key; unknown of those that were kept before there were any.
    pub(crate) fingerprint: Option<Fingerprint>,
    pub(crate) receipt: Receipt,
}

impl IdempotencyKey {
    /// Whether it came in the header of a batch and stands for all of it.
    pub(crate) fn is_of_batch(&self) -> bool {
        self.position >= 0
    }
}

impl Fingerprint {
    /// Of the same body with another id of the caller.
    pub(crate) fn with_caller(body: &Map<String, Value>, caller: &CallerId) -> Self {
        let mut body = body.clone();
        body.insert("caller_id".to_owned(), caller.as_str().into());
        Self::from_body(&body)
    }

    /// Of a body as it was sent, without what may differ when the same memory comes again: how the
    /// caller was spelt before, how long the memory lasts, and over which channel it was said,
    /// which senders did not always tell.
    pub(crate) fn from_body(body: &Map<String, Value>) -> Self {
        let mut body = body.clone();
        body.retain(|name, _| name != "caller_aliases" && name != "expires_at");
        if let Some(Value::Object(metadata)) = body.get_mut("metadata") {
            metadata.retain(|name, _| name != "channel");
        }
        let text = Value::from(body).to_string();
        Self(
            Sha256::digest(text)
                .iter()
                .take(4)
                .map(|byte| format!("{byte:02x}"))
                .collect(),
        )
    }
}
