//! What was erased, by its tombstones. They hold ids, pseudonyms and times only, and never expire:
//! what was erased stays erased however old the call is.

use bytes::Bytes;
use futures_util::future::try_join;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Archive, ArchiveError, Key};
use crate::call::{CallerHash, ConversationId};

/// When a caller was forgotten. Calls that began until then stay erased, whether or not they have
/// tombstones of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallerTombstone {
    /// The time of the last erasure.
    pub forgotten_at: Timestamp,
}

impl CallerTombstone {
    /// `None` for an empty tombstone, as earlier versions wrote them.
    #[must_use]
    pub fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    /// As it is kept.
    #[must_use]
    pub fn to_bytes(self) -> Bytes {
        serde_json::to_vec(&self).unwrap_or_default().into()
    }
}

/// Whether a conversation is erased, by a tombstone of this version or of an earlier one.
///
/// # Errors
/// [`ArchiveError`]: what cannot be looked up may be erased.
pub async fn is_erased<A: Archive>(
    archive: &A,
    conversation: &ConversationId,
) -> Result<bool, ArchiveError> {
    let (here, before) = (
        Key::erased(conversation),
        Key::erased_by_earlier_versions(conversation),
    );
    let (is_here, was_before) =
        try_join(archive.contains(&here), archive.contains(&before)).await?;
    Ok(is_here || was_before)
}

/// Whether a call of this caller that began at `began_at` was erased when the caller was forgotten.
///
/// # Errors
/// [`ArchiveError`]: what cannot be looked up may be erased.
pub async fn is_forgotten<A: Archive>(
    archive: &A,
    caller: &CallerHash,
    began_at: Timestamp,
) -> Result<bool, ArchiveError> {
    let tombstone = archive.get(&Key::forgotten(caller)).await?;
    Ok(tombstone
        .and_then(|body| CallerTombstone::read(&body))
        .is_some_and(|it| began_at <= it.forgotten_at))
}
