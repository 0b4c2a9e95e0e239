//! The extraction queue behind one type, whatever it is: the embedded queue or SQS.

use std::sync::Arc;
use std::time::Duration;

use common::queue::embedded::EmbeddedQueue;
use common::queue::{
    DeadLetter, DeadLetters, Enqueued, ExtractionQueue, QueueError, RequeueSummary,
};
use futures_util::future::BoxFuture;
use jiff::Timestamp;

/// How many jobs there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QueueDepth {
    /// Jobs that wait or run.
    pub waiting: u64,
    /// Dead letters.
    pub dead: u64,
    /// Age of the oldest job, if the queue reports it.
    pub oldest: Option<Duration>,
}

/// A queue with its dead letters.
pub trait JobQueue: Send + Sync + 'static {
    /// Returns how many jobs there are.
    fn queue_depth(&self, now: Timestamp) -> BoxFuture<'_, Result<QueueDepth, QueueError>>;

    /// Lists the dead letters, see [`DeadLetters::list`].
    fn dead_letters(&self) -> BoxFuture<'_, Result<Vec<DeadLetter>, QueueError>>;

    /// Moves every dead letter back to the queue, see [`DeadLetters::requeue`].
    fn replay_dead_letters(&self, replay: u64)
    -> BoxFuture<'_, Result<RequeueSummary, QueueError>>;

    /// Adds a job.
    fn add_job(&self, job: Enqueued) -> BoxFuture<'_, Result<(), QueueError>>;
}

impl JobQueue for EmbeddedQueue {
    fn queue_depth(&self, now: Timestamp) -> BoxFuture<'_, Result<QueueDepth, QueueError>> {
        Box::pin(async move {
            let load = self.load(now).await?;
            Ok(QueueDepth {
                waiting: load.waiting.into(),
                dead: load.dead.into(),
                oldest: Some(load.oldest),
            })
        })
    }

    fn dead_letters(&self) -> BoxFuture<'_, Result<Vec<DeadLetter>, QueueError>> {
        Box::pin(DeadLetters::list(self))
    }

    fn replay_dead_letters(
        &self,
        replay: u64,
    ) -> BoxFuture<'_, Result<RequeueSummary, QueueError>> {
        Box::pin(DeadLetters::requeue(self, replay))
    }

    fn add_job(&self, job: Enqueued) -> BoxFuture<'_, Result<(), QueueError>> {
        Box::pin(ExtractionQueue::push(self, job))
    }
}

/// Any queue; cheap to clone.
#[derive(Clone)]
pub struct SharedQueue(Arc<dyn JobQueue>);

impl SharedQueue {
    /// Wraps a queue.
    #[must_use]
    pub fn new(queue: impl JobQueue) -> Self {
        Self(Arc::new(queue))
    }

    pub(crate) fn jobs(&self) -> &dyn JobQueue {
        &*self.0
    }
}

impl ExtractionQueue for SharedQueue {
    async fn push(&self, job: Enqueued) -> Result<(), QueueError> {
        self.0.add_job(job).await
    }
}
