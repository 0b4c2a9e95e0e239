//! How often a job failed by itself. SQS counts receives, and a receive may as well be an outage, a
//! worker that was killed, or a neighbour of the same group that had to wait: so failures are
//! counted apart, beside the record of the conversation.

use bytes::Bytes;

use crate::archive::{Archive, ArchiveError, Key};

/// Counts one more failure and says how many there are. A message is in one worker's hands at a
/// time, so nobody else counts.
pub(super) async fn count_one<A: Archive>(archive: &A, key: &Key) -> Result<u32, ArchiveError> {
    let before = archive
        .get(key)
        .await?
        .and_then(|count| std::str::from_utf8(&count).ok()?.parse().ok())
        .unwrap_or(0u32);
    let failures = before.saturating_add(1);
    archive.put(key, Bytes::from(failures.to_string())).await?;
    Ok(failures)
}
