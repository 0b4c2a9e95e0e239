//! `elaaoms replay --dlq`: lists the dead-letter queue, or puts its jobs back into the queue.

use common::queue::{DeadLetter, DeadLetters, Job, RequeueSummary};
use serde_json::{Value, json};

use super::{audit, version};
use crate::audit::AuditTrail;
use crate::deployment::Deployment;
use crate::error::Failure;
use crate::terminal::{CommandOutput, Table};

pub(super) async fn run(
    letters: &impl DeadLetters,
    only_list: bool,
    deployment: &Deployment,
    trail: &AuditTrail,
) -> Result<CommandOutput, Failure> {
    if only_list {
        list(letters).await
    } else {
        requeue(letters, deployment, trail).await
    }
}

async fn list(letters: &impl DeadLetters) -> Result<CommandOutput, Failure> {
    let letters = letters.list().await?;
    let data = json!({"dead_letters": letters.iter().map(data).collect::<Vec<_>>()});
    if letters.is_empty() {
        return Ok(CommandOutput::new("The dead-letter queue is empty.", data));
    }
    let mut table = Table::new(&["CONVERSATION", "REDO", "REASON"]);
    for letter in &letters {
        table.row(row(letter));
    }
    Ok(CommandOutput::new(table.text(), data))
}

fn row(letter: &DeadLetter) -> [String; 3] {
    let job = letter.job.as_ref();
    [
        job.map_or_else(|| "(unreadable)".to_owned(), Job::describe),
        job.and_then(Job::extraction)
            .and_then(|job| job.redo)
            .map(|version| version.to_string())
            .unwrap_or_default(),
        letter
            .reason
            .clone()
            .unwrap_or_else(|| "(see the extraction log)".to_owned()),
    ]
}

fn data(letter: &DeadLetter) -> Value {
    let job = letter.job.as_ref();
    json!({
        "kind": job.map(Job::kind),
        "conversation_id": job.and_then(Job::conversation_id),
        "redo": job.and_then(Job::extraction).and_then(|job| job.redo),
        "reason": letter.reason,
    })
}

async fn requeue(
    letters: &impl DeadLetters,
    deployment: &Deployment,
    trail: &AuditTrail,
) -> Result<CommandOutput, Failure> {
    let RequeueSummary { jobs, unreadable } =
        letters.requeue(version(deployment.context.now())).await?;
    let counts = json!({"put_back": jobs, "unreadable": unreadable});
    audit(deployment, trail, json!({"which": "dead letters"}), &counts).await?;
    let text = format!("Put back: {jobs}. Unreadable, left in place: {unreadable}.");
    Ok(CommandOutput::new(text, counts))
}
