//! Counts the failures of a job beside its conversation's record.
//!
//! SQS counts only receives. A receive may also mean an outage, a killed worker, or another message
//! of the group that had to wait.

use bytes::Bytes;

use crate::archive::{Archive, ArchiveError, Key};

/// Adds one failure and returns the total. Only one worker holds a message at a time, so no other
/// worker updates the count.
pub(super) async fn count_one<A: Archive>(archive: &A, key: &Key) -> Result<u32, ArchiveError> {
    let previous = archive
        .get(key)
        .await?
        .and_then(|count| std::str::from_utf8(&count).ok()?.parse().ok())
        .unwrap_or(0u32);
    let failures = previous.saturating_add(1);
    archive.put(key, Bytes::from(failures.to_string())).await?;
    Ok(failures)
}
