//! The JSON form of a receipt, in the database and in an export.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::memory::{
    Action, Fingerprint, InvalidId, MemoryId, Receipt, SavedReceipt, SimilarMemory,
};

/// A receipt; it contains no content of memories.
#[derive(Serialize, Deserialize)]
pub(crate) struct ReceiptBody {
    memory_id: String,
    action: Action,
    created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    similar: Vec<SimilarBody>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    evicted: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fingerprint: Option<String>,
}

/// A similar memory in a receipt.
#[derive(Serialize, Deserialize)]
struct SimilarBody {
    memory_id: String,
    similarity: f64,
    reinforcement_count: u32,
}

impl ReceiptBody {
    /// Fingerprint of the request body that the receipt is for.
    pub(crate) fn fingerprint(&self) -> Option<Fingerprint> {
        self.fingerprint.clone().map(Fingerprint)
    }
}

impl From<&SavedReceipt> for ReceiptBody {
    fn from(kept: &SavedReceipt) -> Self {
        let receipt = &kept.receipt;
        let similar = |similar: &SimilarMemory| SimilarBody {
            memory_id: similar.memory_id.as_str().to_owned(),
            similarity: similar.similarity,
            reinforcement_count: similar.reinforcement_count,
        };
        Self {
            memory_id: receipt.memory_id.as_str().to_owned(),
            action: receipt.action,
            created_at: receipt.created_at,
            similar: receipt.similar.iter().map(similar).collect(),
            evicted: receipt
                .evicted
                .iter()
                .map(|id| id.as_str().to_owned())
                .collect(),
            fingerprint: kept
                .fingerprint
                .as_ref()
                .map(|fingerprint| fingerprint.0.clone()),
        }
    }
}

impl TryFrom<ReceiptBody> for Receipt {
    type Error = InvalidId;

    fn try_from(body: ReceiptBody) -> Result<Self, InvalidId> {
        let similar = |body: SimilarBody| {
            Ok(SimilarMemory {
                memory_id: MemoryId::parse(&body.memory_id)?,
                similarity: body.similarity,
                reinforcement_count: body.reinforcement_count,
            })
        };
        Ok(Self {
            memory_id: MemoryId::parse(&body.memory_id)?,
            action: body.action,
            created_at: body.created_at,
            similar: body
                .similar
                .into_iter()
                .map(similar)
                .collect::<Result<_, InvalidId>>()?,
            evicted: body
                .evicted
                .iter()
                .map(|id| MemoryId::parse(id))
                .collect::<Result<Vec<MemoryId>, _>>()?,
        })
    }
}
