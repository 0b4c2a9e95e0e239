//! The workers: they take finished calls from the queue and extract them, as Lambda does from SQS.

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

/// How often a worker looks for jobs that became due by themselves.
const LOOK: Duration = Duration::from_secs(1);
/// The longest a job waits while an upstream is away: it is tried again within half a minute of its
/// return.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// The longest pause that an upstream may ask for.
const LONGEST_ASKED_PAUSE: Duration = Duration::from_secs(300);
/// The pause after a job failed by itself.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Starts so many workers. They stop between two jobs when `stop` becomes true.
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
                if let Err(error) = work_off(&queue, &extraction, &delivery).await {
                    error!(reason = %error, "a job's end could not be written down; it will come again");
                }
            }
            Ok(None) => {
                tokio::select! {
                    () = queue.changed(LOOK) => {}
                    _ = stop.wait_for(|stop| *stop) => {}
                }
            }
            Err(error) => {
                error!(reason = %error, "the queue cannot be read");
                tokio::time::sleep(LOOK).await;
            }
        }
    }
}

async fn work_off(
    queue: &EmbeddedQueue,
    extraction: &Extraction<FolderArchive>,
    delivery: &Delivery,
) -> Result<(), QueueError> {
    let Some(job) = &delivery.job else {
        return give_up(queue, delivery, None, "the message cannot be read").await;
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
            let pause = pause(delivery.postponements, error.retry_after());
            warn!(conversation_id = %job.conversation_id, reason = %error, pause_seconds = pause.as_secs(), "a call waits to be remembered");
            queue.postpone(delivery, pause, now()).await
        }
        Err(error) => {
            measure::extraction_error();
            give_up(queue, delivery, Some(job), &error.to_string()).await
        }
    }
}

async fn give_up(
    queue: &EmbeddedQueue,
    delivery: &Delivery,
    job: Option<&ExtractionJob>,
    reason: &str,
) -> Result<(), QueueError> {
    let dead = queue.fail(delivery, reason, AFTER_FAILURE, now()).await?;
    let conversation_id = job.map(|job| job.conversation_id.as_str());
    error!(
        conversation_id,
        reason, dead, "a call could not be remembered"
    );
    Ok(())
}

/// 1, 2, 4, 8, then 15 seconds, or what the upstream asks for.
fn pause(postponements: i64, asked: Option<Duration>) -> Duration {
    let steps = u32::try_from(postponements.clamp(0, 10)).unwrap_or(10);
    let step = Duration::from_secs(1 << steps).min(LONGEST_PAUSE);
    asked.map_or(step, |asked| asked.clamp(step, LONGEST_ASKED_PAUSE))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the worker is where a job's time is read"
)]
fn now() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_never_exceed_what_half_a_minute_allows() {
        let seconds: Vec<u64> = (0..7)
            .map(|postponements| pause(postponements, None).as_secs())
            .collect();
        assert_eq!(seconds, [1, 2, 4, 8, 15, 15, 15]);
        assert_eq!(pause(0, Some(Duration::from_secs(60))).as_secs(), 60);
        assert_eq!(
            pause(9, Some(Duration::from_secs(86_400))),
            LONGEST_ASKED_PAUSE
        );
    }
}
