//! The queue between a finished call and its extraction, and between an event and its delivery: SQS
//! FIFO on AWS, an embedded queue on one machine.
//!
//! A message holds ids and archive keys, never content of a call. Jobs of one group run one after
//! the other.

#[cfg(feature = "embedded-queue")]
pub mod embedded;
mod group;
mod job;
pub mod replay;
#[cfg(feature = "sqs")]
pub mod sqs;

pub use group::MessageGroup;
pub use job::Job;

use std::future::Future;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::archive::Key;
use crate::call::{CallerHash, ConversationId};
use crate::events::EventJob;

/// One conversation to extract. This is the first kind of queue message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtractionJob {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// Archive key of its transcription.
    pub payload: Key,
    /// Set to extract a finished conversation again: the version of the new record. Its memories
    /// replace the earlier ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redo: Option<u64>,
    /// The trace of the webhook that queued the job, as a W3C `traceparent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
}

impl ExtractionJob {
    /// Returns the extraction job of a finished call.
    #[must_use]
    pub fn new(conversation_id: ConversationId, payload: Key) -> Self {
        Self {
            conversation_id,
            payload,
            redo: None,
            traceparent: None,
        }
    }

    /// Sets the trace that the extraction continues.
    #[must_use]
    pub fn with_traceparent(self, traceparent: Option<String>) -> Self {
        Self {
            traceparent,
            ..self
        }
    }

    /// Returns the key of the extraction record.
    #[must_use]
    pub fn record(&self) -> Key {
        match self.redo {
            Some(version) => Key::redone_extraction(&self.conversation_id, version),
            None => Key::extraction(&self.conversation_id),
        }
    }

    /// Returns the key of the model output for these turns, for a call that is split into several
    /// prompts.
    #[must_use]
    pub fn part(&self, turns: &Range<usize>) -> Key {
        Key::extraction_part(&self.conversation_id, self.redo, turns)
    }

    /// Returns the key of the model's verdict on whether the call supports its memories.
    #[must_use]
    pub fn check(&self) -> Key {
        Key::extraction_check(&self.conversation_id, self.redo)
    }

    /// Returns the key of the failure count for a message of a queue that does not count failures
    /// itself.
    #[must_use]
    pub fn failures(&self, message: &str) -> Key {
        Key::failures(&self.conversation_id, message)
    }

    /// Returns the key that counts how often this extraction called the model.
    #[must_use]
    pub fn attempts(&self) -> Key {
        Key::attempts(&self.conversation_id, self.redo)
    }

    /// Returns the key of the marker for a finished conversation. See [`Self::is_done_by`].
    #[must_use]
    pub fn done(&self) -> Key {
        Key::done(&self.conversation_id)
    }

    /// Returns the content of the marker under [`Self::done`] when this job is finished: the
    /// version, or nothing for the first extraction.
    #[must_use]
    pub fn done_marker(&self) -> String {
        self.redo
            .map(|version| version.to_string())
            .unwrap_or_default()
    }

    /// Returns whether a conversation with this marker no longer needs this job. An earlier
    /// extraction never runs after a later one.
    #[must_use]
    pub fn is_done_by(&self, marker: &[u8]) -> bool {
        let done: u64 = std::str::from_utf8(marker)
            .ok()
            .and_then(|version| version.parse().ok())
            .unwrap_or_default();
        self.redo.is_none_or(|version| version <= done)
    }
}

/// A job with the ids by which the queue orders and deduplicates it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enqueued {
    /// The job.
    pub job: Job,
    /// Jobs of one group run one at a time, in order.
    pub group: MessageGroup,
    /// A second job with the same id within five minutes is dropped.
    pub deduplication_id: String,
}

impl Enqueued {
    /// Returns the job that post-call queues. A redelivered webhook gives the same job.
    #[must_use]
    pub fn after_call(job: ExtractionJob, group: CallerHash) -> Self {
        let deduplication_id = job.conversation_id.to_string();
        Self {
            job: job.into(),
            group: group.into(),
            deduplication_id,
        }
    }

    /// Returns a job that erases a call whose memories may already be stored. It acts on the
    /// tombstone that it finds. Each has a new id, so that it is not dropped as a duplicate when a
    /// call is redelivered just after its erasure.
    #[must_use]
    pub fn erasure(job: ExtractionJob, group: CallerHash) -> Self {
        // An SQS deduplication id has at most 128 characters, and a conversation id may have as
        // many. So the id does not contain it.
        let deduplication_id = format!("erasure-{}", Uuid::new_v4());
        Self {
            job: job.into(),
            group: group.into(),
            deduplication_id,
        }
    }

    /// Returns the job of an operator's replay. It has an id of its own, so that no queue drops it
    /// as a duplicate.
    #[must_use]
    pub fn replayed(job: impl Into<Job>, group: impl Into<MessageGroup>, replay: u64) -> Self {
        let job = job.into();
        let deduplication_id = replay_id(job.name(), replay);
        Self {
            job,
            group: group.into(),
            deduplication_id,
        }
    }

    /// Returns the job that delivers events about a caller. The same events give the same job.
    #[must_use]
    pub fn events(job: EventJob, caller: &CallerHash) -> Self {
        Self {
            group: MessageGroup::of_events(job.events.target, caller),
            deduplication_id: job.deduplication_id(),
            job: Job::Events(job),
        }
    }
}

/// Returns the deduplication id of a job that an operator queues again. `name` is the id with which
/// the job was first queued: a conversation has a job for its extraction and others for its erasure.
/// `replay` is another number for every replay.
///
/// An SQS deduplication id has at most 128 characters, so the name may have any length.
fn replay_id(name: &str, replay: u64) -> String {
    let digest = hex::encode(Sha256::digest(name));
    format!("replay-{replay}-{}", &digest[..32])
}

/// Why a queue operation failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueueError {
    /// The queue is unreachable or failing. A later attempt may succeed.
    #[error("the queue is unavailable ({0})")]
    Unavailable(String),
    /// The queue rejected the operation, for example because a permission or the queue is missing.
    /// Retrying does not help.
    #[error("the queue rejected the request ({0})")]
    Refused(String),
}

/// The result of moving dead letters back to the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RequeueSummary {
    /// Jobs that were queued again.
    pub jobs: usize,
    /// Unreadable messages. They stay in the dead-letter queue.
    pub unreadable: usize,
}

/// A message in the dead-letter queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The job, or `None` if the message is unreadable.
    pub job: Option<Job>,
    /// Why the job failed. SQS does not store the reason; there it is in the extraction's log.
    pub reason: Option<String>,
}

/// A dead-letter queue.
pub trait DeadLetters {
    /// Lists the dead letters without removing them, those of a caller oldest first. SQS FIFO
    /// delivers no later letters of a caller while earlier ones are being read, so it may list only
    /// a caller's first letters.
    fn list(&self) -> impl Future<Output = Result<Vec<DeadLetter>, QueueError>> + Send;

    /// Moves every dead letter back to its queue, under a new deduplication id.
    fn requeue(
        &self,
        replay: u64,
    ) -> impl Future<Output = Result<RequeueSummary, QueueError>> + Send;
}

/// The queue to which jobs are sent. An acknowledged job is not lost.
pub trait ExtractionQueue: Clone + Send + Sync + 'static {
    /// Adds a job to the queue.
    fn push(&self, job: Enqueued) -> impl Future<Output = Result<(), QueueError>> + Send;
}
