//! How much waits to be extracted, and what was given up.

use common::queue::embedded::EmbeddedQueue;
use serde_json::json;

use super::finding::Finding;
use crate::deployment::{Deployment, Place, Stack};
use crate::failure::Failure;

/// How long a job may wait before somebody should look, in seconds.
const LONG: u64 = 60 * 60;

pub(super) async fn check(deployment: &Deployment) -> Finding {
    let load = match &deployment.place {
        Place::Machine(machine) if !machine.queue().is_file() => {
            return Finding::skipped(
                "queue",
                format!("there is none yet in {}", deployment.name()),
            );
        }
        Place::Machine(machine) => on_machine(deployment, &machine.queue()).await,
        Place::Aws(stack) => on_aws(stack).await,
    };
    load.map_or_else(
        |failure| Finding::failed("queue", &failure),
        |load| judged(&load),
    )
}

struct Load {
    waiting: u64,
    dead: u64,
    /// How long the oldest has waited, in seconds; SQS does not say.
    oldest: u64,
}

async fn on_machine(deployment: &Deployment, file: &std::path::Path) -> Result<Load, Failure> {
    let load = EmbeddedQueue::open(file)
        .await?
        .load(deployment.context.now())
        .await?;
    Ok(Load {
        waiting: load.waiting.into(),
        dead: load.dead.into(),
        oldest: load.oldest.as_secs(),
    })
}

async fn on_aws(stack: &Stack) -> Result<Load, Failure> {
    let waiting = depth(stack, stack.output("ExtractionQueueUrl")?).await?;
    Ok(Load {
        waiting,
        dead: depth(stack, stack.output("DeadLetterQueueUrl")?).await?,
        oldest: 0,
    })
}

/// Messages of a queue, whether or not somebody works on them.
async fn depth(stack: &Stack, queue: &str) -> Result<u64, Failure> {
    const VISIBLE: &str = "ApproximateNumberOfMessages";
    const TAKEN: &str = "ApproximateNumberOfMessagesNotVisible";
    let asked = json!({"QueueUrl": queue, "AttributeNames": [VISIBLE, TAKEN]});
    let answer = stack
        .api
        .json("sqs", "AmazonSQS.GetQueueAttributes", &asked)
        .await?;
    let count = |name| {
        answer["Attributes"][name]
            .as_str()
            .and_then(|count| count.parse::<u64>().ok())
    };
    match (count(VISIBLE), count(TAKEN)) {
        (Some(visible), taken) => Ok(visible + taken.unwrap_or_default()),
        (None, _) => Err(crate::deployment::DeploymentError::Unreadable("sqs").into()),
    }
}

fn judged(load: &Load) -> Finding {
    let told = format!("{} waiting, {} given up", load.waiting, load.dead);
    if load.dead > 0 {
        return Finding::warning(
            "queue",
            told,
            "`elaaoms replay --dlq` once their cause is gone",
        );
    }
    if load.oldest > LONG {
        let told = format!("{told}; the oldest waits for {} minutes", load.oldest / 60);
        return Finding::warning(
            "queue",
            told,
            "see /health: extraction waits for the memory store or the provider",
        );
    }
    Finding::fine("queue", told)
}
