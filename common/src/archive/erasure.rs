//! Tombstones of erased calls and callers. A tombstone holds only ids, pseudonyms and times. It
//! never expires, so an erased call stays erased however old it is.

use bytes::Bytes;
use futures_util::future::try_join;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Archive, ArchiveError, Key, OptOut};
use crate::call::{CallerHash, ConversationId};

/// When a caller was forgotten, and whether the caller may be remembered. Every call that began up
/// to then stays erased, even without a tombstone of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallerTombstone {
    /// The time of the most recent erasure; 1970 if there was none.
    pub forgotten_at: Timestamp,
    /// The caller's most recent wish not to be remembered. It holds until it is taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub do_not_remember: Option<OptOut>,
}

impl CallerTombstone {
    /// The tombstone of a caller who was forgotten and may be remembered again.
    #[must_use]
    pub fn new(forgotten_at: Timestamp) -> Self {
        Self {
            forgotten_at,
            do_not_remember: None,
        }
    }

    /// Parses a tombstone. Returns `None` for an empty one; earlier versions wrote those.
    #[must_use]
    pub fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    /// Serialises the tombstone as it is stored.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        serde_json::to_vec(self).unwrap_or_default().into()
    }

    /// Returns whether nothing of a call that began at this time may be stored.
    #[must_use]
    pub fn covers(&self, began_at: Timestamp) -> bool {
        let opted_out = self.do_not_remember.as_ref();
        began_at <= self.forgotten_at || opted_out.is_some_and(|wish| wish.covers(began_at))
    }

    /// Returns the wish not to be remembered, unless it was taken back.
    #[must_use]
    pub fn opted_out(&self) -> Option<&OptOut> {
        self.do_not_remember.as_ref().filter(|wish| wish.holds())
    }

    /// Returns whether an agent recorded the wish and no operator has erased the archived calls
    /// since.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.opted_out()
            .is_some_and(|wish| wish.is_by_agent() && self.forgotten_at <= wish.since)
    }

    /// Returns when the tombstone was last changed. Of two tombstones of a caller, the later one is
    /// valid.
    #[must_use]
    pub fn changed_at(&self) -> Timestamp {
        let wish = self.do_not_remember.as_ref().map(OptOut::changed_at);
        wish.map_or(self.forgotten_at, |at| at.max(self.forgotten_at))
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

/// Returns whether nothing of a call that began at `began_at` may be stored: it was erased when its
/// caller was forgotten, or the caller must not be remembered.
///
/// # Errors
/// [`ArchiveError`]. In that case assume that the call may be erased.
pub async fn is_forgotten<A: Archive>(
    archive: &A,
    caller: &CallerHash,
    began_at: Timestamp,
) -> Result<bool, ArchiveError> {
    let tombstone = caller_tombstone(archive, caller).await?;
    Ok(tombstone.is_some_and(|tombstone| tombstone.covers(began_at)))
}

/// Returns the caller's tombstone. Returns `None` if there is none or if it is empty.
///
/// # Errors
/// [`ArchiveError`]
pub async fn caller_tombstone<A: Archive>(
    archive: &A,
    caller: &CallerHash,
) -> Result<Option<CallerTombstone>, ArchiveError> {
    let body = archive.get(&Key::forgotten(caller)).await?;
    Ok(body.and_then(|body| CallerTombstone::read(&body)))
}

/// Records that a caller with these pseudonyms is forgotten. A caller who must not be remembered
/// stays so.
///
/// # Errors
/// [`ArchiveError`]
pub async fn mark_forgotten<A: Archive>(
    archive: &A,
    caller: &[CallerHash],
    now: Timestamp,
) -> Result<(), ArchiveError> {
    for hash in caller {
        let earlier = caller_tombstone(archive, hash).await?;
        let tombstone = CallerTombstone {
            forgotten_at: now,
            do_not_remember: earlier.and_then(|earlier| earlier.do_not_remember),
        };
        archive
            .put(&Key::forgotten(hash), tombstone.to_bytes())
            .await?;
    }
    Ok(())
}
