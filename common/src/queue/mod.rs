//! The queue between a call that is over and its extraction: SQS FIFO on AWS, an embedded one on one machine.
//!
//! A message carries keys, never words of a call. Jobs of one caller are worked on one after the other.

#[cfg(feature = "embedded-queue")]
pub mod embedded;
#[cfg(feature = "sqs")]
pub mod sqs;

use std::future::Future;

use serde::{Deserialize, Serialize};

use crate::archive::Key;
use crate::call::{CallerHash, ConversationId};

/// One conversation to extract: the message itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtractionJob {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// Where its transcription is kept.
    pub payload: Key,
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
        Self { job, group, deduplication_id }
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

/// Where post-call puts jobs. What is acknowledged is not lost.
pub trait ExtractionQueue: Clone + Send + Sync + 'static {
    /// Queues a job.
    fn push(&self, job: Enqueued) -> impl Future<Output = Result<(), QueueError>> + Send;
}
