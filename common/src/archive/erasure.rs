//! Tombstones of erased calls and callers. A tombstone holds only ids, pseudonyms and times. It
//! never expires, so an erased call stays erased however old it is.

use bytes::Bytes;
use futures_util::future::try_join;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Archive, ArchiveError, Key};
use crate::call::{CallerHash, ConversationId};

/// When a caller was forgotten. Every call that began up to then stays erased, even without a
/// tombstone of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallerTombstone {
    /// The time of the most recent erasure.
    pub forgotten_at: Timestamp,
}

impl CallerTombstone {
    /// Parses a tombstone. Returns `None` for an empty one; earlier versions wrote those.
    #[must_use]
    pub fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    /// Serialises the tombstone as it is stored.
    #[must_use]
    pub fn to_bytes(self) -> Bytes {
        serde_json::to_vec(&self).unwrap_or_default().into()
    }
}

/// Returns whether a conversation is erased. Looks for the tombstones of this version and of
/// earlier versions.
///
/// # Errors
/// [`ArchiveError`]. In that case assume that the call may be erased.
pub async fn is_erased<A: Archive>(
    archive: &A,
    conversation: &ConversationId,
) -> Result<bool, ArchiveError> {
    let tombstone = Key::erased(conversation);
    let legacy_tombstone = Key::erased_by_earlier_versions(conversation);
    let (has_tombstone, has_legacy_tombstone) = try_join(
        archive.contains(&tombstone),
        archive.contains(&legacy_tombstone),
    )
    .await?;
    Ok(has_tombstone || has_legacy_tombstone)
}

/// Returns whether a call that began at `began_at` was erased when its caller was forgotten.
///
/// # Errors
/// [`ArchiveError`]. In that case assume that the call may be erased.
pub async fn is_forgotten<A: Archive>(
    archive: &A,
    caller: &CallerHash,
    began_at: Timestamp,
) -> Result<bool, ArchiveError> {
    let tombstone = archive.get(&Key::forgotten(caller)).await?;
    Ok(tombstone
        .and_then(|body| CallerTombstone::read(&body))
        .is_some_and(|tombstone| began_at <= tombstone.forgotten_at))
}
