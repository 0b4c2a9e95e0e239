//! Counts the attempts to extract a call with the model. An attempt is counted before the request,
//! so that a function timeout or a dead process counts too. An outage of the provider does not use
//! up attempts, however long it lasts.

use bytes::Bytes;
use common::archive::{Archive, ArchiveError, Key};
use common::queue::ExtractionJob;
use serde::{Deserialize, Serialize};
use tracing::warn;

/// The failure reason of an attempt that never ended.
const INTERRUPTED: &str = "interrupted";
/// The failure reason of an attempt in which the model did not answer in time.
const TIMED_OUT: &str = "timed_out";

/// The attempts of one job.
pub(crate) struct Attempts<'a, A> {
    archive: &'a A,
    job: &'a ExtractionJob,
}

/// An attempt that has started.
pub(crate) struct Attempt {
    before: Count,
    max: u32,
}

/// Whether another attempt is allowed.
pub(crate) enum NextAttempt {
    /// The attempt has started.
    Attempt(Attempt),
    /// No attempts are left; the last one failed for this reason.
    Exhausted(&'static str),
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Count {
    attempts: u32,
    /// Why the last attempt failed.
    reason: String,
}

impl<'a, A: Archive> Attempts<'a, A> {
    pub(crate) fn new(archive: &'a A, job: &'a ExtractionJob) -> Self {
        Self { archive, job }
    }

    /// Counts and starts another attempt, unless there were `max` already.
    pub(crate) async fn begin(&self, max: u32) -> Result<NextAttempt, ArchiveError> {
        let stored = self.archive.get(&self.key()).await?;
        let before: Count = stored
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        if before.attempts >= max {
            return Ok(NextAttempt::Exhausted(reason(&before.reason)));
        }
        self.write(&Count {
            attempts: before.attempts + 1,
            reason: INTERRUPTED.to_owned(),
        })
        .await?;
        Ok(NextAttempt::Attempt(Attempt { before, max }))
    }

    /// Records that the model did not answer in time. After the last attempt, returns the reason to
    /// continue without the model.
    pub(crate) async fn timed_out(&self, attempt: Attempt) -> Option<&'static str> {
        let count = Count {
            attempts: attempt.before.attempts + 1,
            reason: TIMED_OUT.to_owned(),
        };
        let is_last = count.attempts >= attempt.max;
        self.try_to_write(&count).await;
        is_last.then_some(TIMED_OUT)
    }

    /// Undoes the attempt after an outage of the provider.
    pub(crate) async fn take_back(&self, attempt: Attempt) {
        self.try_to_write(&attempt.before).await;
    }

    fn key(&self) -> Key {
        self.job.attempts()
    }

    async fn write(&self, count: &Count) -> Result<(), ArchiveError> {
        let bytes = serde_json::to_vec(count).unwrap_or_default();
        self.archive.put(&self.key(), Bytes::from(bytes)).await
    }

    /// Writes the count and logs a failure. The count then stays one too high or has a less exact
    /// reason.
    async fn try_to_write(&self, count: &Count) {
        if let Err(error) = self.write(count).await {
            let conversation_id = &self.job.conversation_id;
            warn!(%conversation_id, reason = %error, "could not update the number of attempts");
        }
    }
}

fn reason(stored: &str) -> &'static str {
    if stored == TIMED_OUT {
        TIMED_OUT
    } else {
        INTERRUPTED
    }
}
