//! The queue between a call that is over and its extraction: SQS FIFO on AWS, an embedded one on
//! one machine.
//!
//! A message carries keys, never words of a call. Jobs of one caller are worked on one after the
//! other.

#[cfg(feature = "embedded-queue")]
pub mod embedded;
#[cfg(feature = "sqs")]
pub mod sqs;

use std::future::Future;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::archive::Key;
use crate::call::{CallerHash, ConversationId};

/// One conversation to extract: the message itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtractionJob {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// Where its transcription is kept.
    pub payload: Key,
    /// Extract again although it was done: the version of the new record. Its memories take the
    /// place of the earlier ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redo: Option<u64>,
}

impl ExtractionJob {
    /// The extraction of a call that is over.
    #[must_use]
    pub fn new(conversation_id: ConversationId, payload: Key) -> Self {
        Self {
            conversation_id,
            payload,
            redo: None,
        }
    }

    /// Where its record is kept.
    #[must_use]
    pub fn record(&self) -> Key {
        match self.redo {
            Some(version) => Key::redone_extraction(&self.conversation_id, version),
            None => Key::extraction(&self.conversation_id),
        }
    }

    /// Where a model's answer for these turns is kept, when the call is too long for one prompt.
    #[must_use]
    pub fn part(&self, turns: &Range<usize>) -> Key {
        Key::extraction_part(&self.conversation_id, self.redo, turns)
    }

    /// Where a model's answer to whether the call supports its memories is kept.
    #[must_use]
    pub fn check(&self) -> Key {
        Key::extraction_check(&self.conversation_id, self.redo)
    }

    /// Where it is counted how often it failed, for a message of a queue that counts something
    /// else.
    #[must_use]
    pub fn failures(&self, message: &str) -> Key {
        Key::failures(&self.conversation_id, message)
    }

    /// Where it is counted how often it was tried with the model.
    #[must_use]
    pub fn attempts(&self) -> Key {
        Key::attempts(&self.conversation_id, self.redo)
    }

    /// What says that its conversation is done, and by which version: see [`Self::is_done_by`].
    #[must_use]
    pub fn done(&self) -> Key {
        Key::done(&self.conversation_id)
    }

    /// What is kept under [`Self::done`] when this job is finished: the version, and nothing for
    /// the first extraction.
    #[must_use]
    pub fn mark_of_done(&self) -> String {
        self.redo
            .map(|version| version.to_string())
            .unwrap_or_default()
    }

    /// Whether a conversation with this mark needs this job no more: a later extraction is never
    /// followed by an earlier one.
    #[must_use]
    pub fn is_done_by(&self, mark: &[u8]) -> bool {
        let done: u64 = std::str::from_utf8(mark)
            .ok()
            .and_then(|version| version.parse().ok())
            .unwrap_or_default();
        self.redo.is_none_or(|version| version <= done)
    }
}

/// A job with what the queue needs to order it and to drop its doubles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enqueued {
    /// The job.
    pub job: ExtractionJob,
    /// Jobs of one group are worked on one at a time, in order.
    pub group: CallerHash,
    /// A second job of the same name within five minutes is dropped.
    pub deduplication_id: String,
}

impl Enqueued {
    /// A job as post-call queues it: a redelivered webhook is the same job.
    #[must_use]
    pub fn after_call(job: ExtractionJob, group: CallerHash) -> Self {
        let deduplication_id = job.conversation_id.to_string();
        Self {
            job,
            group,
            deduplication_id,
        }
    }

    /// The look at a call that was remembered before it was to leave no trace: see the mark that it
    /// finds. Each has a name of its own: a call that comes again just after it was erased must not
    /// be taken for a double and stay.
    #[must_use]
    pub fn erasure(job: ExtractionJob, group: CallerHash) -> Self {
        // At most 128 characters in all: an SQS name is no longer, an id of a conversation may be
        // as long.
        let deduplication_id = format!("erasure-{}", Uuid::new_v4());
        Self {
            job,
            group,
            deduplication_id,
        }
    }

    /// A job that an operator puts back: it has a name of its own, so that no queue takes it for a
    /// double.
    #[must_use]
    pub fn replayed(job: ExtractionJob, group: CallerHash, replay: u64) -> Self {
        let deduplication_id = format!("{}-replay-{replay}", job.conversation_id);
        Self {
            job,
            group,
            deduplication_id,
        }
    }
}

/// Why a job was not queued.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueueError {
    /// It cannot be reached or failed: it may work later.
    #[error("the queue is unavailable ({0})")]
    Unavailable(String),
    /// It refuses for good: a missing permission, a missing queue.
    #[error("the queue refuses ({0})")]
    Refused(String),
}

/// What putting dead letters back came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Revived {
    /// Jobs that wait again.
    pub jobs: usize,
    /// Messages that no worker could read; they stay where they are.
    pub unreadable: usize,
}

/// A job that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The job, or nothing when no worker can read the message.
    pub job: Option<ExtractionJob>,
    /// Why it was given up, where the queue keeps that. SQS does not; there it is in the log of the
    /// extraction.
    pub reason: Option<String>,
}

/// The jobs that were given up, for whoever looks at them and puts them back.
pub trait DeadLetters {
    /// Every dead letter, the oldest of a caller first; they stay where they are. While earlier
    /// letters of a caller are being read, SQS FIFO hands out no later ones: of a caller with many
    /// it lists the first.
    fn list(&self) -> impl Future<Output = Result<Vec<DeadLetter>, QueueError>> + Send;

    /// Puts every dead letter back into its queue, under a name of its own.
    fn revive(&self, replay: u64) -> impl Future<Output = Result<Revived, QueueError>> + Send;
}

/// Where post-call puts jobs. What is acknowledged is not lost.
pub trait ExtractionQueue: Clone + Send + Sync + 'static {
    /// Queues a job.
    fn push(&self, job: Enqueued) -> impl Future<Output = Result<(), QueueError>> + Send;
}
