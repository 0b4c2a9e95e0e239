//! The workers take jobs from the queue and run their extraction, like the Lambda function behind
//! SQS.

use std::time::{Duration, Instant};

use common::archive::folder::FolderArchive;
use common::measure;
use common::queue::embedded::{Delivery, EmbeddedQueue};
use common::queue::{ExtractionJob, QueueError};
use extraction::{Extraction, ExtractionError};
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::{error, warn};

/// How often a worker checks for postponed jobs that have become due.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// Maximum delay of a job during an outage of an upstream. The job then runs within half a minute
/// after the outage.
const MAX_DELAY: Duration = Duration::from_secs(15);
/// Maximum delay that an upstream may request with `Retry-After`.
const MAX_REQUESTED_DELAY: Duration = Duration::from_secs(300);
/// Delay after a job failed on its own account.
const FAILURE_DELAY: Duration = Duration::from_secs(1);

/// Starts the workers. When `stop` becomes true, each finishes its job and ends.
pub(crate) fn start(
    workers: usize,
    queue: &EmbeddedQueue,
    extraction: &Extraction<FolderArchive>,
    stop: &watch::Receiver<bool>,
) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    for _ in 0..workers {
        tasks.spawn(work(queue.clone(), extraction.clone(), stop.clone()));
    }
    tasks
}

async fn work(
    queue: EmbeddedQueue,
    extraction: Extraction<FolderArchive>,
    mut stop: watch::Receiver<bool>,
) {
    while !*stop.borrow() {
        match queue.take(now()).await {
            Ok(Some(delivery)) => {
                if let Err(error) = process(&queue, &extraction, &delivery).await {
                    error!(reason = %error, "job outcome not recorded; the job runs again");
                }
            }
            Ok(None) => {
                tokio::select! {
                    () = queue.changed(POLL_INTERVAL) => {}
                    _ = stop.wait_for(|stop| *stop) => {}
                }
            }
            Err(error) => {
                error!(reason = %error, "queue read failed");
                tokio::time::sleep(POLL_INTERVAL).await;
            }
        }
    }
}

/// Runs a job and records its outcome in the queue.
async fn process(
    queue: &EmbeddedQueue,
    extraction: &Extraction<FolderArchive>,
    delivery: &Delivery,
) -> Result<(), QueueError> {
    let Some(job) = &delivery.job else {
        return fail(queue, delivery, None, "the message cannot be parsed").await;
    };
    let started = Instant::now();
    let result = extraction.run(job, now()).await;
    measure::background_job(
        result.as_ref().err().map_or("ok", ExtractionError::kind),
        started.elapsed(),
    );
    match result {
        Ok(_) => queue.done(delivery).await,
        Err(error) if error.is_outage() => {
            let delay = delay(delivery.postponements, error.retry_after());
            warn!(
                conversation_id = %job.conversation_id,
                reason = %error,
                pause_seconds = delay.as_secs(),
                "extraction postponed"
            );
            queue.postpone(delivery, delay, now()).await
        }
        Err(error) => {
            measure::extraction_error();
            fail(queue, delivery, Some(job), &error.to_string()).await
        }
    }
}

/// Records a failure. After too many failures, the queue moves the job to the dead letters.
async fn fail(
    queue: &EmbeddedQueue,
    delivery: &Delivery,
    job: Option<&ExtractionJob>,
    reason: &str,
) -> Result<(), QueueError> {
    let dead = queue.fail(delivery, reason, FAILURE_DELAY, now()).await?;
    let conversation_id = job.map(|job| job.conversation_id.as_str());
    error!(conversation_id, reason, dead, "extraction failed");
    Ok(())
}

/// Returns the delay before the next attempt: 1, 2, 4, 8, then 15 seconds, or what the upstream
/// requests if that is longer.
fn delay(postponements: i64, requested: Option<Duration>) -> Duration {
    let exponent = u32::try_from(postponements.clamp(0, 10)).unwrap_or(10);
    let delay = Duration::from_secs(1 << exponent).min(MAX_DELAY);
    requested.map_or(delay, |requested| {
        requested.clamp(delay, MAX_REQUESTED_DELAY)
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "the worker supplies the current time to each job"
)]
fn now() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_a_maximum() {
        let seconds: Vec<u64> = (0..7)
            .map(|postponements| delay(postponements, None).as_secs())
            .collect();
        assert_eq!(seconds, [1, 2, 4, 8, 15, 15, 15]);
        assert_eq!(delay(0, Some(Duration::from_secs(60))).as_secs(), 60);
        assert_eq!(
            delay(9, Some(Duration::from_secs(86_400))),
            MAX_REQUESTED_DELAY
        );
    }
}
