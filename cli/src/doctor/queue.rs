//! Checks how many jobs wait and how many are in the dead-letter queue.

use common::queue::embedded::EmbeddedQueue;
use serde_json::json;

use super::finding::Finding;
use crate::deployment::{Deployment, Place, Stack};
use crate::failure::Failure;

/// How long a job may wait before there is a warning, in seconds.
const MAX_WAIT: u64 = 60 * 60;

pub(super) async fn check(deployment: &Deployment) -> Finding {
    let depth = match &deployment.place {
        Place::Machine(machine) if !machine.queue().is_file() => {
            return Finding::skipped(
                "queue",
                format!("there is no queue in {} yet", deployment.name()),
            );
        }
        Place::Machine(machine) => on_machine(deployment, &machine.queue()).await,
        Place::Aws(stack) => on_aws(stack).await,
    };
    depth.map_or_else(
        |failure| Finding::failed("queue", &failure),
        |depth| assess(&depth),
    )
}

struct QueueDepth {
    waiting: u64,
    dead: u64,
    /// Waiting time of the oldest job, in seconds; 0 on SQS, which does not report it.
    oldest: u64,
}

async fn on_machine(
    deployment: &Deployment,
    file: &std::path::Path,
) -> Result<QueueDepth, Failure> {
    let depth = EmbeddedQueue::open(file)
        .await?
        .load(deployment.context.now())
        .await?;
    Ok(QueueDepth {
        waiting: depth.waiting.into(),
        dead: depth.dead.into(),
        oldest: depth.oldest.as_secs(),
    })
}

async fn on_aws(stack: &Stack) -> Result<QueueDepth, Failure> {
    let waiting = message_count(stack, stack.output("ExtractionQueueUrl")?).await?;
    Ok(QueueDepth {
        waiting,
        dead: message_count(stack, stack.output("DeadLetterQueueUrl")?).await?,
        oldest: 0,
    })
}

/// Returns the number of messages of a queue, including those in progress.
async fn message_count(stack: &Stack, queue: &str) -> Result<u64, Failure> {
    const VISIBLE: &str = "ApproximateNumberOfMessages";
    const IN_PROGRESS: &str = "ApproximateNumberOfMessagesNotVisible";
    let request = json!({"QueueUrl": queue, "AttributeNames": [VISIBLE, IN_PROGRESS]});
    let response = stack
        .api
        .json("sqs", "AmazonSQS.GetQueueAttributes", &request)
        .await?;
    let count = |name| {
        response["Attributes"][name]
            .as_str()
            .and_then(|count| count.parse::<u64>().ok())
    };
    match (count(VISIBLE), count(IN_PROGRESS)) {
        (Some(visible), in_progress) => Ok(visible + in_progress.unwrap_or_default()),
        (None, _) => Err(crate::deployment::DeploymentError::Unreadable("sqs").into()),
    }
}

fn assess(depth: &QueueDepth) -> Finding {
    let message = format!(
        "{} waiting, {} in the dead-letter queue",
        depth.waiting, depth.dead
    );
    if depth.dead > 0 {
        return Finding::warning(
            "queue",
            message,
            "`elaaoms replay --dlq` once the cause is fixed",
        );
    }
    if depth.oldest > MAX_WAIT {
        let message = format!(
            "{message}; the oldest has waited for {} minutes",
            depth.oldest / 60
        );
        return Finding::warning(
            "queue",
            message,
            "see /health: extraction is waiting for the memory store or the provider",
        );
    }
    Finding::fine("queue", message)
}
