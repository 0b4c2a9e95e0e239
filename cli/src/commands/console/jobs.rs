//! The extraction queue of a deployment.

use common::queue::embedded::EmbeddedQueue;
use common::queue::sqs::{SqsDeadLetters, SqsQueue};
use common::queue::{
    DeadLetter, DeadLetters, Enqueued, ExtractionQueue, QueueError, RequeueSummary,
};
use elaaoms_console::{JobQueue, QueueDepth, SharedQueue};
use futures_util::future::BoxFuture;
use jiff::Timestamp;

use crate::aws::{AwsSession, Stack};
use crate::deployment::{Deployment, Place};
use crate::error::Failure;

/// Returns the queue, or `None` if the machine has none yet.
pub(super) async fn of(deployment: &Deployment) -> Result<Option<SharedQueue>, Failure> {
    match &deployment.place {
        Place::Machine(machine) if !machine.queue().is_file() => Ok(None),
        Place::Machine(machine) => {
            let queue = EmbeddedQueue::open(&machine.queue()).await?;
            Ok(Some(SharedQueue::new(queue)))
        }
        Place::Aws(stack) => Ok(Some(SharedQueue::new(SqsJobs::new(stack)?))),
    }
}

/// A queue on SQS with its dead letters.
struct SqsJobs {
    session: AwsSession,
    queue: SqsQueue,
    letters: SqsDeadLetters,
    queue_url: String,
    letters_url: String,
}

impl SqsJobs {
    fn new(stack: &Stack) -> Result<Self, Failure> {
        let session = stack.session.clone();
        let queue = SqsQueue::new(session.config(), stack.url("ExtractionQueueUrl")?);
        let letters = SqsDeadLetters::new(
            session.config(),
            stack.url("DeadLetterQueueUrl")?,
            queue.clone(),
        );
        Ok(Self {
            session,
            queue,
            letters,
            queue_url: stack.output("ExtractionQueueUrl")?.to_owned(),
            letters_url: stack.output("DeadLetterQueueUrl")?.to_owned(),
        })
    }

    async fn count(&self, queue: &str) -> Result<u64, QueueError> {
        let count = self.session.message_count(queue).await;
        count.map_err(|error| QueueError::Unavailable(error.to_string()))
    }
}

impl JobQueue for SqsJobs {
    fn queue_depth(&self, _now: Timestamp) -> BoxFuture<'_, Result<QueueDepth, QueueError>> {
        Box::pin(async {
            Ok(QueueDepth {
                waiting: self.count(&self.queue_url).await?,
                dead: self.count(&self.letters_url).await?,
                oldest: None,
            })
        })
    }

    fn dead_letters(&self) -> BoxFuture<'_, Result<Vec<DeadLetter>, QueueError>> {
        Box::pin(self.letters.list())
    }

    fn replay_dead_letters(
        &self,
        replay: u64,
    ) -> BoxFuture<'_, Result<RequeueSummary, QueueError>> {
        Box::pin(self.letters.requeue(replay))
    }

    fn add_job(&self, job: Enqueued) -> BoxFuture<'_, Result<(), QueueError>> {
        Box::pin(self.queue.push(job))
    }
}
