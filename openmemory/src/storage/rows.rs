//! Database rows, as both engines read them, and their conversion into domain types.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};
use sqlx::FromRow;

use super::receipt_body::ReceiptBody;
use super::{PendingEmbedding, Place, StorageError};
use crate::memory::{
    AgentId, CallerId, CallerSummary, EvictionCandidate, IdempotencyKey, Link, Memory, MemoryId,
    Outline, Profile, SavedReceipt, Superseded,
};

/// A memory.
#[derive(FromRow, Deserialize)]
pub(super) struct MemoryRow {
    /// Sequence number, in order of creation.
    pub(super) seq: i64,
    memory_id: String,
    caller_id: String,
    agent_id: String,
    content: String,
    metadata: String,
    importance: i64,
    reinforcement_count: i64,
    created_at: i64,
    updated_at: i64,
    happened_at: i64,
    expires_at: Option<i64>,
    superseded_by: Option<String>,
    superseded_at: Option<i64>,
    told_as: Option<String>,
}

/// The columns of an [`Outline`].
#[derive(FromRow, Deserialize)]
pub(super) struct OutlineRow {
    pub(super) seq: i64,
    importance: i64,
    happened_at: i64,
    terms: Option<String>,
}

/// The columns of an [`EvictionCandidate`].
#[derive(FromRow)]
pub(super) struct EvictionCandidateRow {
    memory_id: String,
    importance: i64,
    created_at: i64,
}

/// A memory without a vector.
#[derive(FromRow)]
pub(super) struct PendingEmbeddingRow {
    seq: i64,
    memory_id: String,
    content: String,
}

/// The active memories of one caller.
#[derive(FromRow)]
pub(super) struct CallerCountRow {
    pub(super) caller_id: String,
    memories: i64,
    /// When the newest was created.
    newest: i64,
}

/// A profile, as far as a search for names needs it.
#[derive(FromRow)]
pub(super) struct ProfileNameRow {
    pub(super) caller_id: String,
    pub(super) agent_id: String,
    pub(super) data: String,
}

/// A profile.
#[derive(FromRow)]
pub(super) struct ProfileRow {
    agent_id: String,
    caller_id: String,
    data: String,
    created_at: i64,
    updated_at: i64,
    expires_at: i64,
}

/// A link.
#[derive(FromRow)]
pub(super) struct LinkRow {
    pub(super) caller_id: String,
    main_id: String,
    linked_at: i64,
    linked_by: Option<String>,
}

/// A receipt with its idempotency key.
#[derive(FromRow)]
pub(super) struct ReceiptRow {
    caller_id: String,
    key: String,
    position: i64,
    receipt: String,
}

impl CallerCountRow {
    /// Adds the memories to the caller's summary.
    pub(super) fn add_to(&self, summary: &mut CallerSummary) -> Result<(), StorageError> {
        let count = u64::try_from(self.memories).map_err(|_| MEMORY)?;
        summary.add_memories(count, time(self.newest).ok_or(MEMORY)?);
        Ok(())
    }
}

impl ProfileRow {
    /// Its sort key in an export.
    pub(super) fn export_key(&self) -> (String, String) {
        (self.agent_id.clone(), self.caller_id.clone())
    }
}

impl ReceiptRow {
    /// Its sort key in an export.
    pub(super) fn export_key(&self) -> (String, String, i64) {
        (self.caller_id.clone(), self.key.clone(), self.position)
    }
}

const MEMORY: StorageError = StorageError::Unreadable("memory");
const PROFILE: StorageError = StorageError::Unreadable("profile");
const LINK: StorageError = StorageError::Unreadable("link");
const RECEIPT: StorageError = StorageError::Unreadable("receipt");

impl TryFrom<MemoryRow> for Memory {
    type Error = StorageError;

    fn try_from(row: MemoryRow) -> Result<Self, StorageError> {
        Ok(Self {
            id: MemoryId::parse(&row.memory_id).map_err(|_| MEMORY)?,
            agent_id: AgentId::stored(row.agent_id),
            caller_id: CallerId::stored(row.caller_id),
            told_as: row.told_as.map(CallerId::stored),
            content: row.content,
            metadata: object(&row.metadata).ok_or(MEMORY)?,
            importance: u8::try_from(row.importance).map_err(|_| MEMORY)?,
            reinforcement_count: u32::try_from(row.reinforcement_count).map_err(|_| MEMORY)?,
            created_at: time(row.created_at).ok_or(MEMORY)?,
            updated_at: time(row.updated_at).ok_or(MEMORY)?,
            happened_at: time(row.happened_at).ok_or(MEMORY)?,
            expires_at: row
                .expires_at
                .map(|expiry| time(expiry).ok_or(MEMORY))
                .transpose()?,
            superseded: superseded(row.superseded_by, row.superseded_at)?,
        })
    }
}

impl TryFrom<OutlineRow> for Outline {
    type Error = StorageError;

    fn try_from(row: OutlineRow) -> Result<Self, StorageError> {
        Ok(Self {
            seq: row.seq,
            importance: u8::try_from(row.importance).map_err(|_| MEMORY)?,
            happened_at: time(row.happened_at).ok_or(MEMORY)?,
            terms: row.terms,
        })
    }
}

impl TryFrom<EvictionCandidateRow> for EvictionCandidate {
    type Error = StorageError;

    fn try_from(row: EvictionCandidateRow) -> Result<Self, StorageError> {
        Ok(Self {
            id: MemoryId::parse(&row.memory_id).map_err(|_| MEMORY)?,
            importance: u8::try_from(row.importance).map_err(|_| MEMORY)?,
            created_at: time(row.created_at).ok_or(MEMORY)?,
        })
    }
}

impl TryFrom<PendingEmbeddingRow> for PendingEmbedding {
    type Error = StorageError;

    fn try_from(row: PendingEmbeddingRow) -> Result<Self, StorageError> {
        Ok(Self {
            place: Place::Sequence(row.seq),
            id: MemoryId::parse(&row.memory_id).map_err(|_| MEMORY)?,
            content: row.content,
        })
    }
}

impl TryFrom<ProfileRow> for Profile {
    type Error = StorageError;

    fn try_from(row: ProfileRow) -> Result<Self, StorageError> {
        Ok(Self {
            agent_id: AgentId::stored(row.agent_id),
            caller_id: CallerId::stored(row.caller_id),
            data: object(&row.data).ok_or(PROFILE)?,
            created_at: time(row.created_at).ok_or(PROFILE)?,
            updated_at: time(row.updated_at).ok_or(PROFILE)?,
            expires_at: time(row.expires_at).ok_or(PROFILE)?,
        })
    }
}

impl TryFrom<LinkRow> for Link {
    type Error = StorageError;

    fn try_from(row: LinkRow) -> Result<Self, StorageError> {
        Ok(Self {
            caller_id: CallerId::stored(row.caller_id),
            main_id: CallerId::stored(row.main_id),
            linked_at: time(row.linked_at).ok_or(LINK)?,
            linked_by: row.linked_by,
        })
    }
}

impl TryFrom<ReceiptRow> for SavedReceipt {
    type Error = StorageError;

    fn try_from(row: ReceiptRow) -> Result<Self, StorageError> {
        let body: ReceiptBody = serde_json::from_str(&row.receipt).map_err(|_| RECEIPT)?;
        Ok(Self {
            caller_id: CallerId::stored(row.caller_id),
            key: IdempotencyKey {
                key: row.key,
                position: row.position,
            },
            fingerprint: body.fingerprint(),
            receipt: body.try_into().map_err(|_| RECEIPT)?,
        })
    }
}

/// Converts all rows.
pub(super) fn all<R, T: TryFrom<R, Error = StorageError>>(
    rows: Vec<R>,
) -> Result<Vec<T>, StorageError> {
    rows.into_iter().map(T::try_from).collect()
}

/// Converts rows into memories in order of creation, without repetitions.
pub(super) fn distinct(mut rows: Vec<MemoryRow>) -> Result<Vec<Memory>, StorageError> {
    rows.sort_by_key(|row| row.seq);
    rows.dedup_by_key(|row| row.seq);
    all(rows)
}

/// Returns the owner of each target memory, and the rows of those that are active and belong to one
/// of the callers.
pub(super) fn split_targets(
    rows: Vec<MemoryRow>,
    callers: &BTreeSet<&CallerId>,
) -> Result<(HashMap<MemoryId, CallerId>, Vec<MemoryRow>), StorageError> {
    let mut owners = HashMap::new();
    for row in &rows {
        let owner = CallerId::stored(row.caller_id.clone());
        owners.insert(MemoryId::parse(&row.memory_id).map_err(|_| MEMORY)?, owner);
    }
    let is_own = |row: &MemoryRow| {
        callers
            .iter()
            .any(|caller| caller.as_str() == row.caller_id)
    };
    Ok((
        owners,
        rows.into_iter()
            .filter(|row| row.superseded_by.is_none() && is_own(row))
            .collect(),
    ))
}

/// Serializes a JSON object for a text column.
pub(super) fn json(object: &Map<String, Value>) -> Result<String, StorageError> {
    serde_json::to_string(object).map_err(|_| StorageError::Unreadable("object"))
}

/// Serializes a receipt for a text column.
pub(super) fn receipt_json(kept: &SavedReceipt) -> Result<String, StorageError> {
    serde_json::to_string(&ReceiptBody::from(kept)).map_err(|_| RECEIPT)
}

fn object(text: &str) -> Option<Map<String, Value>> {
    serde_json::from_str(text).ok()
}

fn time(microseconds: i64) -> Option<Timestamp> {
    Timestamp::from_microsecond(microseconds).ok()
}

fn superseded(by: Option<String>, at: Option<i64>) -> Result<Option<Superseded>, StorageError> {
    let (Some(by), Some(at)) = (by, at) else {
        return Ok(None);
    };
    Ok(Some(Superseded {
        by: MemoryId::parse(&by).map_err(|_| MEMORY)?,
        at: time(at).ok_or(MEMORY)?,
    }))
}
