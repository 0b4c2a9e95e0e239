//! The results of storing memories, and the idempotency keys under which they are saved.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{CallerId, MemoryId};

/// The result for one memory of a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    /// The memory was stored, or reinforced an existing one.
    Accepted(Receipt),
    /// It refers to a memory of another caller; nothing was stored.
    NoSuchMemory(MemoryId),
    /// Its idempotency key was used before with another body; nothing was stored.
    KeyReused,
}

/// How an accepted memory was handled.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Receipt {
    pub(crate) memory_id: MemoryId,
    pub(crate) action: Action,
    pub(crate) created_at: Timestamp,
    /// The existing memories that it repeats.
    pub(crate) similar: Vec<SimilarMemory>,
    /// Memories that were deleted because of the limit.
    pub(crate) evicted: Vec<MemoryId>,
}

/// What was done with an accepted memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Action {
    /// Stored as a new memory.
    Stored,
    /// Counted as a reinforcement of an existing memory.
    Reinforced,
    /// Stored as a new memory that replaces another.
    Superseded,
}

/// An existing memory that a new one repeats.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SimilarMemory {
    pub(crate) memory_id: MemoryId,
    /// From 0 to 1.
    pub(crate) similarity: f64,
    /// Including this reinforcement.
    pub(crate) reinforcement_count: u32,
}

/// An idempotency key, and the position of the memory in the request that carried it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct IdempotencyKey {
    pub(crate) key: String,
    /// Position in a batch whose header carried the key; -1 for the key of a single memory.
    pub(crate) position: i64,
}

/// A short hash that tells apart bodies sent under the same key. At 32 bits, it is too short to
/// recover what was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint(pub(crate) String);

/// A receipt saved under its idempotency key.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SavedReceipt {
    pub(crate) caller_id: CallerId,
    pub(crate) key: IdempotencyKey,
    /// The fingerprint of the body; `None` for receipts saved before fingerprints existed.
    pub(crate) fingerprint: Option<Fingerprint>,
    pub(crate) receipt: Receipt,
}

impl IdempotencyKey {
    /// Whether the key came in the header of a batch and covers all of it.
    pub(crate) fn is_of_batch(&self) -> bool {
        self.position >= 0
    }
}

impl Fingerprint {
    /// Computes the fingerprint of the same body with another caller id.
    pub(crate) fn with_caller(body: &Map<String, Value>, caller: &CallerId) -> Self {
        let mut body = body.clone();
        body.insert("caller_id".to_owned(), caller.as_str().into());
        Self::from_body(&body)
    }

    /// Computes the fingerprint of a request body. Ignores fields that may differ between
    /// deliveries of the same memory: the caller's aliases, the expiry, and the channel, which
    /// older senders left out.
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
