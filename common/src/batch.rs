//! What SQS hands to the extraction function, and what it is told about it.
//!
//! Each record is read by itself, so that one unreadable body fails nobody else. Records of one
//! group are worked on one after the other, those of different groups at once. Behind a failure
//! everything of the same group goes back too: that is how FIFO's order is kept.
//!
//! An outage is no poison: the message is hidden a little longer each time and may come back as
//! often as the queue allows. Poison goes to the dead letters when it failed three times by itself,
//! however often it was received before.

mod failures;

use std::fmt;
use std::time::Duration;

use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use tracing::{error, info, warn};

use crate::archive::{Archive, ArchiveError};
use crate::queue::ExtractionJob;
use crate::queue::sqs::SqsQueue;

/// How often a message may fail by itself before it is given up.
const MAX_FAILURES: u32 = 3;
/// How long poison waits for another try: an upstream may have answered nonsense for a moment.
const POISON_PAUSE: Duration = Duration::from_secs(10);
/// How long a message is hidden after the first outage.
const FIRST_PAUSE: Duration = Duration::from_secs(30);
/// The longest a message is hidden.
const LONGEST_PAUSE: Duration = Duration::from_secs(15 * 60);

/// The event of an invocation.
#[derive(Debug, Deserialize)]
pub struct Batch {
    /// The messages, those of a group in order.
    #[serde(rename = "Records")]
    records: Vec<Record>,
}

/// One received message.
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
    approximate_receive_count: Option<String>,
}

/// The messages that are not done.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    batch_item_failures: Vec<Failure>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    item_identifier: String,
}

/// Why a job is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobError {
    /// Something it needs is away. Waiting may help, at least as long as whoever is away asked for.
    Transient {
        /// What happened, without a word of the call.
        reason: String,
        /// The pause that was asked for.
        at_least: Option<Duration>,
    },
    /// It can never be done.
    Permanent(String),
}

/// The queue that messages come from, the one for what is given up, and what tells when that is.
#[derive(Debug, Clone)]
pub struct Queues<A> {
    /// Where the messages come from.
    pub jobs: SqsQueue,
    /// Where poison goes.
    pub dead_letters: SqsQueue,
    /// Where the failures of a message are counted.
    pub archive: A,
}

/// Works off a batch and says what has to come again.
pub async fn for_each_job<A: Archive>(
    batch: Batch,
    queues: &Queues<A>,
    work: impl AsyncFn(ExtractionJob) -> Result<(), JobError>,
) -> Report {
    let groups = join_all(
        by_group(batch.records)
            .into_iter()
            .map(|group| work_off(group, queues, &work)),
    )
    .await;
    Report {
        batch_item_failures: groups
            .into_iter()
            .flatten()
            .map(|item_identifier| Failure { item_identifier })
            .collect(),
    }
}

/// Works off one group in order, up to the first message that has to come again.
async fn work_off<A: Archive>(
    group: Vec<Record>,
    queues: &Queues<A>,
    work: &impl AsyncFn(ExtractionJob) -> Result<(), JobError>,
) -> Vec<String> {
    let mut records = group.into_iter();
    while let Some(record) = records.next() {
        let job: Option<ExtractionJob> = serde_json::from_str(&record.body).ok();
        let result = match job.clone() {
            Some(job) => work(job).await,
            None => Err(JobError::Permanent("the message cannot be read".to_owned())),
        };
        let Err(setback) = result else { continue };
        if let Some(pause) = settle(&record, job.as_ref(), setback, queues).await {
            return put_back(record, records, pause, &queues.jobs).await;
        }
    }
    Vec::new()
}

/// Decides what becomes of a message that is not done: a pause, after which it comes again, or none
/// when it was given up.
async fn settle<A: Archive>(
    record: &Record,
    job: Option<&ExtractionJob>,
    setback: JobError,
    queues: &Queues<A>,
) -> Option<Duration> {
    let (message_id, receives) = (&record.message_id, record.receives());
    let reason = match setback {
        JobError::Transient { reason, at_least } => {
            let pause = pause(receives)
                .max(at_least.unwrap_or_default())
                .min(LONGEST_PAUSE);
            warn!(
                message_id,
                receives,
                reason,
                seconds = pause.as_secs(),
                "an extraction waits"
            );
            return Some(pause);
        }
        JobError::Permanent(reason) => reason,
    };
    match record.failures(job, &queues.archive).await {
        Ok(failures) if failures >= MAX_FAILURES => {
            give_up(record, &reason, failures, &queues.dead_letters).await
        }
        Ok(failures) => {
            warn!(
                message_id,
                receives, failures, reason, "an extraction failed"
            );
            Some(POISON_PAUSE)
        }
        Err(failure) => {
            warn!(message_id, receives, reason, %failure, "an extraction failed, and it cannot be counted how often");
            Some(pause(receives))
        }
    }
}

async fn give_up(
    record: &Record,
    reason: &str,
    failures: u32,
    dead_letters: &SqsQueue,
) -> Option<Duration> {
    let message_id = &record.message_id;
    match dead_letters
        .send(&record.body, record.group(), message_id)
        .await
    {
        Ok(()) => {
            error!(message_id, failures, reason, "an extraction is given up");
            None
        }
        Err(failure) => {
            error!(message_id, failures, reason, %failure, "an extraction cannot be given up");
            Some(POISON_PAUSE)
        }
    }
}

/// Puts a message and everything of its group behind it back. Those behind are hidden as long, so
/// that none overtakes it.
async fn put_back(
    record: Record,
    behind: impl Iterator<Item = Record>,
    pause: Duration,
    queue: &SqsQueue,
) -> Vec<String> {
    let mut ids = Vec::new();
    for record in std::iter::once(record).chain(behind) {
        if let Err(failure) = queue.postpone(&record.receipt_handle, pause).await {
            info!(message_id = record.message_id, %failure, "a message comes back when the queue says so");
        }
        ids.push(record.message_id);
    }
    ids
}

/// 30 s, 1 min, 2 min … 15 min.
fn pause(receives: u32) -> Duration {
    FIRST_PAUSE
        .saturating_mul(1 << receives.saturating_sub(1).min(16))
        .min(LONGEST_PAUSE)
}

/// The records of each group, groups and records in the order in which they came.
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
    /// Its group; a queue without groups has as many as messages.
    fn group(&self) -> &str {
        self.attributes
            .message_group_id
            .as_deref()
            .unwrap_or(&self.message_id)
    }

    /// How often it failed by itself, this time included. What cannot be read fails whenever it is
    /// received.
    async fn failures<A: Archive>(
        &self,
        job: Option<&ExtractionJob>,
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
