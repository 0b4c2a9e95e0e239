//! Puts an archived call back into the extraction queue.

use jiff::Timestamp;
use secrecy::SecretString;

use super::{Enqueued, ExtractionJob, ExtractionQueue, QueueError};
use crate::archive::{Archive, ArchiveError, Key};
use crate::elevenlabs::event::Event;

/// Why a call could not be put back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// The call could not be read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The job could not be queued.
    #[error(transparent)]
    Queue(#[from] QueueError),
}

/// What happened to a call that should be put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplayOutcome {
    /// Its job is in the queue.
    Queued,
    /// It was extracted before, and no redo was asked for.
    AlreadyExtracted,
    /// It has no caller.
    Anonymous,
    /// It is not in the archive.
    Missing,
    /// The payload is not a finished conversation, or may not be kept.
    NotACall,
}

/// A replay: calls that one operation puts back.
pub struct Replay<A, Q> {
    /// The archive of the calls.
    pub archive: A,
    /// The queue.
    pub queue: Q,
    /// The key of the callers' pseudonyms.
    pub pepper: SecretString,
    /// The version: see [`version`].
    pub version: u64,
    /// Whether the `user_id` of a web session identifies a caller.
    pub trust_user_id: bool,
}

impl<A: Archive, Q: ExtractionQueue> Replay<A, Q> {
    /// Puts the call with this transcription back. `redo` extracts it again even if it was
    /// extracted before.
    ///
    /// # Errors
    /// [`ReplayError`]
    pub async fn put_back(&self, payload: Key, redo: bool) -> Result<ReplayOutcome, ReplayError> {
        let Some(body) = self.archive.get(&payload).await? else {
            return Ok(ReplayOutcome::Missing);
        };
        let Event::Transcription(call) = Event::read(&body) else {
            return Ok(ReplayOutcome::NotACall);
        };
        let Some(caller) = call.caller(self.trust_user_id) else {
            return Ok(ReplayOutcome::Anonymous);
        };
        let job = ExtractionJob {
            redo: redo.then_some(self.version),
            ..ExtractionJob::new(call.conversation_id.clone(), payload)
        };
        if !redo && self.archive.contains(&job.done()).await? {
            return Ok(ReplayOutcome::AlreadyExtracted);
        }
        let group = caller.hash(&self.pepper);
        self.queue
            .push(Enqueued::replayed(job, group, self.version))
            .await?;
        Ok(ReplayOutcome::Queued)
    }
}

/// Returns the version of a replay: its time in Unix seconds. It distinguishes the jobs of this
/// replay from those of another.
#[must_use]
pub fn version(now: Timestamp) -> u64 {
    u64::try_from(now.as_second()).unwrap_or_default()
}
