//! The workers take jobs from the queue and run them, like the Lambda function behind SQS.

use std::time::Duration;

use common::archive::folder::FolderArchive;
use common::call::ConversationId;
use common::queue::embedded::{Delivery, EmbeddedQueue};
use common::queue::{Job, QueueError};
use extraction::Worker;
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::{error, warn};

/// How often a worker checks for postponed jobs that have become due.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// Maximum delay of a job during an outage of an upstream. The job then runs within half a minute
/// after the outage.
const MAX_DELAY: Duration = Duration::from_secs(15);
/// Maximum delay of events during an outage of their receiver. No call waits for them.
const MAX_EVENT_DELAY: Duration = Duration::from_secs(300);
/// Maximum delay that an upstream may request with `Retry-After`.
const MAX_REQUESTED_DELAY: Duration = Duration::from_secs(300);
/// Delay after a job failed on its own account.
const FAILURE_DELAY: Duration = Duration::from_secs(1);

/// Starts the workers. When `stop` becomes true, each finishes its job and ends.
pub(crate) fn start(
    workers: usize,
    queue: &EmbeddedQueue,
    worker: &Worker<FolderArchive>,
    stop: &watch::Receiver<bool>,
) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    for _ in 0..workers {
        tasks.spawn(work(queue.clone(), worker.clone(), stop.clone()));
    }
    tasks
}

async fn work(
    queue: EmbeddedQueue,
    worker: Worker<FolderArchive>,
    mut stop: watch::Receiver<bool>,
) {
    while !*stop.borrow() {
        match queue.take(now()).await {
            Ok(Some(delivery)) => {
                if let Err(error) = process(&queue, &worker, &delivery).await {
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
    worker: &Worker<FolderArchive>,
    delivery: &Delivery,
) -> Result<(), QueueError> {
    let Some(job) = &delivery.job else {
        return fail(queue, delivery, None, "the message cannot be parsed").await;
    };
    match worker.run(job).await {
        Ok(()) => queue.done(delivery).await,
        Err(error) if error.is_outage() => {
            let delay = delay(job, delivery.postponements, error.retry_after());
            warn!(
                conversation_id = job.conversation_id().map(ConversationId::as_str),
                reason = %error,
                pause_seconds = delay.as_secs(),
                "{} postponed", job.kind()
            );
            queue.postpone(delivery, delay, now()).await
        }
        Err(error) => fail(queue, delivery, Some(job), &error.to_string()).await,
    }
}

/// Records a failure. After too many failures, the queue moves the job to the dead letters.
async fn fail(
    queue: &EmbeddedQueue,
    delivery: &Delivery,
    job: Option<&Job>,
    reason: &str,
) -> Result<(), QueueError> {
    let dead = queue.fail(delivery, reason, FAILURE_DELAY, now()).await?;
    let kind = job.map_or("message", Job::kind);
    let conversation_id = job
        .and_then(Job::conversation_id)
        .map(ConversationId::as_str);
    error!(conversation_id, reason, dead, "{kind} failed");
    Ok(())
}

/// Returns the delay before the next attempt: 1, 2, 4, 8, then 15 seconds (for events up to five
/// minutes), or what the upstream requests if that is longer.
fn delay(job: &Job, postponements: i64, requested: Option<Duration>) -> Duration {
    let longest = match job {
        Job::Extraction(_) => MAX_DELAY,
        Job::Events(_) => MAX_EVENT_DELAY,
    };
    let exponent = u32::try_from(postponements.clamp(0, 10)).unwrap_or(10);
    let delay = Duration::from_secs(1 << exponent).min(longest);
    requested.map_or(delay, |requested| {
        requested.clamp(delay, MAX_REQUESTED_DELAY)
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "the worker supplies the current time to each job"
)]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(message: &str) -> Job {
        serde_json::from_str(message).unwrap()
    }

    #[test]
    fn delays_double_up_to_a_maximum() {
        let call = job(r#"{"conversation_id":"c","payload":"payloads/c/c_transcription.json"}"#);
        let seconds: Vec<u64> = (0..7)
            .map(|postponements| delay(&call, postponements, None).as_secs())
            .collect();
        assert_eq!(seconds, [1, 2, 4, 8, 15, 15, 15]);
        let minute = Some(Duration::from_secs(60));
        assert_eq!(delay(&call, 0, minute).as_secs(), 60);
        let day = Some(Duration::from_secs(86_400));
        assert_eq!(delay(&call, 9, day), MAX_REQUESTED_DELAY);
    }

    #[test]
    fn events_wait_longer() {
        let events = job(r#"{"events":{"target":"webhook","list":[]}}"#);
        assert_eq!(delay(&events, 4, None).as_secs(), 16);
        assert_eq!(delay(&events, 20, None), MAX_EVENT_DELAY);
    }
}
