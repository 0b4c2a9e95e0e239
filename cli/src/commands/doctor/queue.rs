//! Checks how many jobs wait and how many are in the dead-letter queue.

use common::queue::embedded::EmbeddedQueue;

use super::finding::Finding;
use crate::aws::Stack;
use crate::deployment::{Deployment, Place};
use crate::error::Failure;

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
    let session = &stack.session;
    let waiting = stack.output("ExtractionQueueUrl")?;
    let dead = stack.output("DeadLetterQueueUrl")?;
    Ok(QueueDepth {
        waiting: session.message_count(waiting).await?,
        dead: session.message_count(dead).await?,
        oldest: 0,
    })
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
