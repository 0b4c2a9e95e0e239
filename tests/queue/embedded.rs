//! The embedded queue, with a fake clock.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use common::queue::embedded::{Delivery, EmbeddedQueue};
use common::queue::{DeadLetter, DeadLetters, Enqueued, RequeueSummary};
use jiff::Timestamp;
use tempfile::TempDir;

use super::{FAILURE_DELAY, OUTAGE_DELAY, Queue, TakenJob};

pub(crate) struct Embedded {
    queue: EmbeddedQueue,
    /// Seconds since the epoch.
    clock: AtomicI64,
    _folder: TempDir,
}

impl Embedded {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let queue = EmbeddedQueue::open(&folder.path().join("queue.db"))
            .await
            .unwrap();
        Self {
            queue,
            clock: AtomicI64::new(1_800_000_000),
            _folder: folder,
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.clock.load(Ordering::Relaxed)).unwrap()
    }
}

impl Queue for Embedded {
    type Receipt = Delivery;
    const VISIBILITY: Duration = Duration::from_secs(15 * 60);

    async fn push(&self, job: Enqueued) {
        self.queue.push_at(&job, self.now()).await.unwrap();
    }

    async fn take(&self) -> Option<TakenJob<Delivery>> {
        let receipt = self.queue.take(self.now()).await.unwrap()?;
        Some(TakenJob {
            job: receipt.job.clone().unwrap(),
            receipt,
        })
    }

    async fn finish(&self, taken: TakenJob<Delivery>) {
        self.queue.done(&taken.receipt).await.unwrap();
    }

    async fn postpone(&self, taken: TakenJob<Delivery>) {
        self.queue
            .postpone(&taken.receipt, OUTAGE_DELAY, self.now())
            .await
            .unwrap();
    }

    async fn fail(&self, taken: TakenJob<Delivery>) {
        self.queue
            .fail(&taken.receipt, "unreadable", FAILURE_DELAY, self.now())
            .await
            .unwrap();
    }

    async fn dead_letters(&self) -> Vec<DeadLetter> {
        self.queue.list().await.unwrap()
    }

    async fn requeue(&self, replay: u64) -> RequeueSummary {
        self.queue.requeue(replay).await.unwrap()
    }

    async fn wait(&self, duration: Duration) {
        self.clock
            .fetch_add(duration.as_secs().try_into().unwrap(), Ordering::Relaxed);
    }
}
