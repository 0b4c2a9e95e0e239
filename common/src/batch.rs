//! Processes the batches that SQS delivers to the extraction function and reports failed messages.
//! A batch holds extractions and events.
//!
//! Each record is parsed by itself, so an unreadable body affects no other message. Records of one
//! group run one after the other; groups run in parallel. After a failure, the rest of the group is
//! returned to the queue too, which keeps the FIFO order.
//!
//! A transient error hides the message a little longer each time, as often as the queue allows. A
//! message that fails three times by itself goes to the dead-letter queue, however often it was
//! received before.

mod failures;

use std::fmt;
use std::time::Duration;

use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use tracing::{error, info, warn};

use crate::archive::{Archive, ArchiveError};
use crate::queue::Job;
use crate::queue::sqs::SqsQueue;

/// Failures of its own after which a message goes to the dead-letter queue.
const MAX_FAILURES: u32 = 3;
/// Pause after a permanent error. A retry helps if an upstream returned a bad response once.
const FAILURE_PAUSE: Duration = Duration::from_secs(10);
/// Pause after the first transient error.
const FIRST_PAUSE: Duration = Duration::from_secs(30);
/// Longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(15 * 60);

/// The event of a Lambda invocation.
#[derive(Debug, Deserialize)]
pub struct Batch {
    /// The messages. Those of one group are in order.
    #[serde(rename = "Records")]
    records: Vec<Record>,
}

/// A received message.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    message_id: String,
    receipt_handle: String,
    body: String,
    #[serde(default)]
    attributes: Attributes,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attributes {
    message_group_id: Option<String>,
    message_deduplication_id: Option<String>,
    approximate_receive_count: Option<String>,
}

/// The response to Lambda: the messages that must be delivered again.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchResponse {
    batch_item_failures: Vec<Failure>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    item_identifier: String,
}

/// Why a job failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobError {
    /// A dependency is unavailable. The job is retried after a pause.
    Transient {
        /// The cause, without content of the call.
        reason: String,
        /// Shortest pause, as requested by the dependency.
        at_least: Option<Duration>,
    },
    /// The job itself is broken. Holds the cause.
    Permanent(String),
}

/// The queues and the archive that batch processing needs.
#[derive(Debug, Clone)]
pub struct Queues<A> {
    /// The queue that delivers the messages.
    pub jobs: SqsQueue,
    /// The dead-letter queue.
    pub dead_letters: SqsQueue,
    /// Stores how often each message failed.
    pub archive: A,
}

/// Processes a batch and returns the messages that must be delivered again.
pub async fn for_each_job<A: Archive>(
    batch: Batch,
    queues: &Queues<A>,
    work: impl AsyncFn(Job) -> Result<(), JobError>,
) -> BatchResponse {
    let groups = by_group(batch.records).into_iter();
    let unfinished = join_all(groups.map(|group| process_group(group, queues, &work))).await;
    BatchResponse {
        batch_item_failures: unfinished
            .into_iter()
            .flatten()
            .map(|item_identifier| Failure { item_identifier })
            .collect(),
    }
}

/// Processes one group in order, up to the first message that must be delivered again. Returns the
/// ids of the unfinished messages.
async fn process_group<A: Archive>(
    group: Vec<Record>,
    queues: &Queues<A>,
    work: &impl AsyncFn(Job) -> Result<(), JobError>,
) -> Vec<String> {
    let mut records = group.into_iter();
    while let Some(record) = records.next() {
        let job: Option<Job> = serde_json::from_str(&record.body).ok();
        let result = match job.clone() {
            Some(job) => work(job).await,
            None => Err(JobError::Permanent("the message cannot be read".to_owned())),
        };
        let Err(error) = result else { continue };
        if let Some(pause) = handle_failure(&record, job.as_ref(), error, queues).await {
            return put_back(record, records, pause, &queues.jobs).await;
        }
    }
    Vec::new()
}

/// Handles a failed message. Returns the pause until its next delivery, or `None` if it went to the
/// dead-letter queue.
async fn handle_failure<A: Archive>(
    record: &Record,
    job: Option<&Job>,
    error: JobError,
    queues: &Queues<A>,
) -> Option<Duration> {
    let message_id = &record.message_id;
    let receives = record.receives();
    let kind = kind(job);
    let reason = match error {
        JobError::Transient { reason, at_least } => {
            let pause = pause(receives)
                .max(at_least.unwrap_or_default())
                .min(LONGEST_PAUSE);
            warn!(
                message_id,
                receives,
                reason,
                seconds = pause.as_secs(),
                "{kind} postponed"
            );
            return Some(pause);
        }
        JobError::Permanent(reason) => reason,
    };
    match record.failures(job, &queues.archive).await {
        Ok(failures) if failures >= MAX_FAILURES => {
            let failure = Failed {
                kind,
                reason: &reason,
                failures,
            };
            failure.dead_letter(record, &queues.dead_letters).await
        }
        Ok(failures) => {
            warn!(message_id, receives, failures, reason, "{kind} failed");
            Some(FAILURE_PAUSE)
        }
        Err(failure) => {
            warn!(message_id, receives, reason, %failure, "{kind} failed; could not update the failure count");
            Some(pause(receives))
        }
    }
}

/// A job that failed too often by itself.
struct Failed<'a> {
    kind: &'static str,
    reason: &'a str,
    failures: u32,
}

impl Failed<'_> {
    /// Moves the message to the dead-letter queue. Returns the pause until its next delivery if
    /// that is not possible.
    async fn dead_letter(&self, record: &Record, dead_letters: &SqsQueue) -> Option<Duration> {
        let Self {
            kind,
            reason,
            failures,
        } = self;
        let message_id = &record.message_id;
        match dead_letters
            .send(&record.body, record.group(), record.deduplication_id())
            .await
        {
            Ok(()) => {
                error!(
                    message_id,
                    failures, reason, "{kind} moved to the dead-letter queue"
                );
                None
            }
            Err(failure) => {
                error!(message_id, failures, reason, %failure, "could not move {kind} to the dead-letter queue");
                Some(FAILURE_PAUSE)
            }
        }
    }
}

/// Returns the kind of a job, for the log. An unreadable message may be of a later version.
fn kind(job: Option<&Job>) -> &'static str {
    job.map_or("message", Job::kind)
}

/// Returns a message and the later messages of its group to the queue. All are hidden equally long,
/// so that none overtakes another.
async fn put_back(
    record: Record,
    later: impl Iterator<Item = Record>,
    pause: Duration,
    queue: &SqsQueue,
) -> Vec<String> {
    let mut ids = Vec::new();
    for record in std::iter::once(record).chain(later) {
        if let Err(failure) = queue.postpone(&record.receipt_handle, pause).await {
            info!(message_id = record.message_id, %failure, "could not hide a message; it returns after the queue's visibility timeout");
        }
        ids.push(record.message_id);
    }
    ids
}

/// Returns the pause after this many receives: 30 s, 1 min, 2 min … 15 min.
fn pause(receives: u32) -> Duration {
    FIRST_PAUSE
        .saturating_mul(1 << receives.saturating_sub(1).min(16))
        .min(LONGEST_PAUSE)
}

/// Groups the records. Groups and records keep the order in which they came.
fn by_group(records: Vec<Record>) -> Vec<Vec<Record>> {
    let mut groups: Vec<Vec<Record>> = Vec::new();
    for record in records {
        match groups.iter_mut().find(|group| {
            group
                .first()
                .is_some_and(|first| first.group() == record.group())
        }) {
            Some(group) => group.push(record),
            None => groups.push(vec![record]),
        }
    }
    groups
}

impl Record {
    /// Returns the message group. Without groups every message is a group of its own.
    fn group(&self) -> &str {
        self.attributes
            .message_group_id
            .as_deref()
            .unwrap_or(&self.message_id)
    }

    /// Returns the id that the job has in the queue. A dead letter keeps it, because it says which
    /// job of a conversation this is.
    fn deduplication_id(&self) -> &str {
        self.attributes
            .message_deduplication_id
            .as_deref()
            .unwrap_or(&self.message_id)
    }

    /// Counts this failure and returns the number of failures. An unreadable message fails at every
    /// receive, so its receives count.
    async fn failures<A: Archive>(
        &self,
        job: Option<&Job>,
        archive: &A,
    ) -> Result<u32, ArchiveError> {
        match job {
            Some(job) => failures::count_one(archive, &job.failures(&self.message_id)).await,
            None => Ok(self.receives()),
        }
    }

    fn receives(&self) -> u32 {
        self.attributes
            .approximate_receive_count
            .as_deref()
            .and_then(|count| count.parse().ok())
            .unwrap_or(1)
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("message_id", &self.message_id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[cfg(all(feature = "s3", feature = "sqs"))]
mod tests;
