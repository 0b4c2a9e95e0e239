//! The queue of a deployment, to which commands add jobs: a file or SQS behind one type.

use common::events::Outbox;
use common::queue::embedded::EmbeddedQueue;
use common::queue::sqs::SqsQueue;
use common::queue::{Enqueued, ExtractionQueue, QueueError};

use super::{Deployment, Place};
use crate::error::Failure;

/// The queue of a deployment. Cheap to clone.
#[derive(Clone)]
pub(crate) enum JobQueue {
    File(EmbeddedQueue),
    Sqs(SqsQueue),
}

impl Deployment {
    /// Opens the queue. On a machine that has none yet, this creates it.
    pub(crate) async fn queue(&self) -> Result<JobQueue, Failure> {
        Ok(match &self.place {
            Place::Machine(machine) => JobQueue::File(EmbeddedQueue::open(&machine.queue()).await?),
            Place::Aws(stack) => {
                let url = stack.url("ExtractionQueueUrl")?;
                JobQueue::Sqs(SqsQueue::new(stack.session.config(), url))
            }
        })
    }

    /// Returns where events are put. Without receivers this opens no queue, because a machine may
    /// have none yet. Call it before a change, so that nothing changes without an event if the queue
    /// cannot be opened.
    pub(crate) async fn outbox(&self) -> Result<Outbox, Failure> {
        let settings = self.settings()?.events;
        if settings.targets().is_empty() {
            return Ok(Outbox::default());
        }
        Ok(Outbox::new(&settings, self.queue().await?))
    }
}

impl ExtractionQueue for JobQueue {
    async fn push(&self, job: Enqueued) -> Result<(), QueueError> {
        match self {
            Self::File(queue) => queue.push(job).await,
            Self::Sqs(queue) => queue.push(job).await,
        }
    }
}
