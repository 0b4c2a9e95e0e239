//! How often a call was tried with the model. An attempt is counted before the model is asked, so
//! that a function timeout and a process that dies count too. An outage of the provider takes its
//! attempt back: it may last as long as it likes.

use bytes::Bytes;
use common::archive::{Archive, ArchiveError, Key};
use common::queue::ExtractionJob;
use serde::{Deserialize, Serialize};
use tracing::warn;

/// The reason of an attempt that never ended.
const INTERRUPTED: &str = "interrupted";
/// The reason of an attempt in which the model did not answer in time.
const TIMED_OUT: &str = "timed_out";

/// The attempts of one job.
pub(crate) struct Attempts<'a, A> {
    archive: &'a A,
    job: &'a ExtractionJob,
}

/// One attempt under way.
pub(crate) struct Attempt {
    before: Count,
    max: u32,
}

/// Whether there may be an attempt.
pub(crate) enum Begun {
    /// This one.
    Attempt(Attempt),
    /// None any more, for this reason.
    Exhausted(&'static str),
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Count {
    attempts: u32,
    /// Why the last one failed.
    reason: String,
}

impl<'a, A: Archive> Attempts<'a, A> {
    pub(crate) fn new(archive: &'a A, job: &'a ExtractionJob) -> Self {
        Self { archive, job }
    }

    /// Counts one more attempt, unless there were `max`.
    pub(crate) async fn begin(&self, max: u32) -> Result<Begun, ArchiveError> {
        let kept = self.archive.get(&self.key()).await?;
        let before: Count = kept
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        if before.attempts >= max {
            return Ok(Begun::Exhausted(reason(&before.reason)));
        }
        self.write(&Count {
            attempts: before.attempts + 1,
            reason: INTERRUPTED.to_owned(),
        })
        .await?;
        Ok(Begun::Attempt(Attempt { before, max }))
    }

    /// The model did not answer in time. Gives the reason to go on without it when this was the
    /// last attempt.
    pub(crate) async fn timed_out(&self, attempt: Attempt) -> Option<&'static str> {
        let count = Count {
            attempts: attempt.before.attempts + 1,
            reason: TIMED_OUT.to_owned(),
        };
        let is_last = count.attempts >= attempt.max;
        self.try_to_write(&count).await;
        is_last.then_some(TIMED_OUT)
    }

    /// It was an outage, and no attempt.
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

    /// A count that cannot be written stays one too high, or keeps a reason that is less exact.
    async fn try_to_write(&self, count: &Count) {
        if let Err(error) = self.write(count).await {
            let conversation_id = &self.job.conversation_id;
            warn!(%conversation_id, reason = %error, "could not update the number of attempts");
        }
    }
}

fn reason(kept: &str) -> &'static str {
    if kept == TIMED_OUT {
        TIMED_OUT
    } else {
        INTERRUPTED
    }
}
