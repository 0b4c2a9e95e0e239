//! `elaaoms replay`: puts conversations back into the extraction queue. Each replay has its own
//! deduplication id, so that the queue does not discard its jobs as duplicates. A conversation that
//! was already extracted is skipped unless `--redo` is given.

mod dead_letters;

use std::borrow::Cow;
use std::path::Path;

use aws_config::SdkConfig;
use clap::Args;
use common::archive::{Key, ObjectListing, PayloadKind};
use common::queue::ExtractionQueue;
use common::queue::embedded::EmbeddedQueue;
use common::queue::replay::{Replay, ReplayError, ReplayOutcome, version};
use common::queue::sqs::{SqsDeadLetters, SqsQueue};
use common::settings::CallerSettings;
use serde_json::{Value, json};
use url::Url;

use crate::audit::{AuditEntry, AuditTrail};
use crate::aws::AwsSession;
use crate::context::Context;
use crate::deployment::{CallStore, Deployment, DeploymentArguments, DeploymentError, Place};
use crate::error::{CommandError, Failure, NEEDS_CORRECTION};
use crate::input::{conversation_id, time};
use crate::terminal::{CommandOutput, Progress};

/// The dead-letter queue of a deployment that was given by --bucket and --queue is unknown.
#[derive(Debug, thiserror::Error)]
#[error("--dlq needs --dead-letter-queue")]
struct MissingDeadLetterQueue;

impl CommandError for MissingDeadLetterQueue {
    fn advice(&self) -> Option<Cow<'static, str>> {
        Some("pass its URL, or select the deployment with --stage".into())
    }

    fn exit_code(&self) -> u8 {
        NEEDS_CORRECTION
    }
}

impl CommandError for ReplayError {
    fn message(&self) -> String {
        match self {
            Self::Archive(error) => error.message(),
            Self::Queue(error) => error.message(),
        }
    }
}

/// Put conversations back into the extraction queue
///
/// Reads the data folder on one machine. For AWS, pass --stage, or --bucket and --queue.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("which").required(true).multiple(false), after_help = "\
Examples:
  elaaoms replay --missing                  calls that were never extracted
  elaaoms replay --dlq --list               failed jobs, with the reason
  elaaoms replay --dlq --stage prod         put the failed jobs back
  elaaoms replay --since 2026-11-01 --redo  extract again with the current model")]
pub(crate) struct Arguments {
    /// IDs of the conversations to put back
    #[arg(group = "which", value_name = "CONVERSATION")]
    pub(crate) conversations: Vec<String>,
    /// Put back all jobs of the dead-letter queue
    #[arg(long, group = "which")]
    pub(crate) dlq: bool,
    /// Only list the dead-letter queue; put nothing back
    #[arg(long, conflicts_with_all = ["conversations", "since", "missing"])]
    pub(crate) list: bool,
    /// Put back every call archived since this date or time (UTC)
    #[arg(long, group = "which", value_name = "DATE")]
    pub(crate) since: Option<String>,
    /// Put back every archived call that was never extracted
    #[arg(long, group = "which")]
    pub(crate) missing: bool,
    /// Extract again even if already extracted; the new memories replace the earlier ones
    #[arg(long, conflicts_with_all = ["dlq", "missing"])]
    pub(crate) redo: bool,
    /// Payload bucket of a deployment on AWS
    #[arg(
        long,
        env = "PAYLOAD_BUCKET",
        hide_env_values = true,
        requires = "queue",
        help_heading = "Deployment"
    )]
    pub(crate) bucket: Option<String>,
    /// URL of the deployment's extraction queue
    #[arg(
        long,
        env = "EXTRACTION_QUEUE_URL",
        hide_env_values = true,
        value_name = "URL",
        help_heading = "Deployment"
    )]
    pub(crate) queue: Option<Url>,
    /// URL of the deployment's dead-letter queue, for --dlq
    #[arg(
        long,
        env = "DEAD_LETTER_QUEUE_URL",
        hide_env_values = true,
        value_name = "URL",
        help_heading = "Deployment"
    )]
    pub(crate) dead_letter_queue: Option<Url>,
    #[command(flatten)]
    pub(crate) deployment: DeploymentArguments,
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    let deployment = Deployment::find(&arguments.deployment, context).await?;
    match &deployment.place {
        Place::Aws(stack) => {
            let bucket = stack.output("PayloadBucket")?;
            let queue = stack.url("ExtractionQueueUrl")?;
            let dead_letter_queue = stack.url("DeadLetterQueueUrl")?;
            let queues = (queue, Some(dead_letter_queue));
            replay_on_aws(
                arguments,
                &deployment,
                stack.session.config(),
                bucket,
                queues,
            )
            .await
        }
        Place::Machine(machine) => match arguments.bucket.as_ref().zip(arguments.queue.clone()) {
            Some((bucket, queue)) => {
                let stack = &arguments.deployment.stack;
                let session = AwsSession::open(stack, None, context).await?;
                let queues = (queue, arguments.dead_letter_queue.clone());
                replay_on_aws(arguments, &deployment, session.config(), bucket, queues).await
            }
            None => replay_on_one_machine(arguments, &deployment, &machine.queue()).await,
        },
    }
}

async fn replay_on_aws(
    arguments: &Arguments,
    deployment: &Deployment,
    config: &SdkConfig,
    bucket: &str,
    (queue, dead_letter_queue): (Url, Option<Url>),
) -> Result<CommandOutput, Failure> {
    let calls = CallStore::bucket(config, bucket);
    // If the bucket was given with --bucket, the audit entry names the operating system's user.
    let session = match &deployment.place {
        Place::Aws(stack) => Some(Box::new(stack.session.clone())),
        Place::Machine(_) => None,
    };
    let trail = AuditTrail::Bucket(calls.clone(), session);
    let queue = SqsQueue::new(config, queue);
    if arguments.dlq {
        let dead_letter_queue = dead_letter_queue.ok_or(MissingDeadLetterQueue)?;
        let letters = SqsDeadLetters::new(config, dead_letter_queue, queue);
        return dead_letters::run(&letters, arguments.list, deployment, &trail).await;
    }
    replay_calls(arguments, deployment, calls, queue, &trail).await
}

async fn replay_on_one_machine(
    arguments: &Arguments,
    deployment: &Deployment,
    file: &Path,
) -> Result<CommandOutput, Failure> {
    if !file.is_file() {
        return Err(DeploymentError::NoCallData(arguments.deployment.data_dir.clone()).into());
    }
    let queue = EmbeddedQueue::open(file).await?;
    let trail = AuditTrail::of(deployment)?;
    match arguments.dlq {
        true => dead_letters::run(&queue, arguments.list, deployment, &trail).await,
        false => replay_calls(arguments, deployment, deployment.calls()?, queue, &trail).await,
    }
}

/// Puts the chosen calls back into the queue and writes an audit entry.
async fn replay_calls<A: ObjectListing, Q: ExtractionQueue>(
    arguments: &Arguments,
    deployment: &Deployment,
    archive: A,
    queue: Q,
    trail: &AuditTrail,
) -> Result<CommandOutput, Failure> {
    let replay = Replay {
        archive,
        queue,
        pepper: deployment.secret("CALLER_ID_PEPPER")?,
        version: version(deployment.context.now()),
        trust_user_id: CallerSettings::read(|name| deployment.get(name))?.trust_user_id,
    };
    let counts = run_replay(&replay, arguments).await?;
    let which =
        json!({"since": arguments.since, "missing": arguments.missing, "redo": arguments.redo});
    audit(deployment, trail, which, &counts.data()).await?;
    Ok(CommandOutput::new(counts.describe(), counts.data()))
}

async fn audit(
    deployment: &Deployment,
    trail: &AuditTrail,
    which: Value,
    counts: &Value,
) -> Result<(), Failure> {
    let counts = json!({"which": which, "calls": counts});
    let entry = AuditEntry {
        action: "replay",
        subject: None,
        counts,
        outcome: "done",
    };
    trail.write(&deployment.context, &entry).await?;
    Ok(())
}

/// Number of conversations by what the replay did with them.
#[derive(Default)]
struct Counts {
    queued: usize,
    /// Skipped, because they were extracted before.
    already_extracted: usize,
    /// Skipped, because they have no caller.
    anonymous: usize,
    /// Not found in the archive.
    missing: usize,
}

async fn run_replay<A: ObjectListing, Q: ExtractionQueue>(
    replay: &Replay<A, Q>,
    arguments: &Arguments,
) -> Result<Counts, Failure> {
    let mut counts = Counts::default();
    let payloads = selected_payloads(&replay.archive, arguments).await?;
    let progress = Progress::new(u64::try_from(payloads.len()).ok(), "calls");
    for payload in payloads {
        counts.add(replay.put_back(payload, arguments.redo).await?);
        progress.step();
    }
    Ok(counts)
}

/// Returns the payload keys of the conversations that the arguments select.
async fn selected_payloads(
    archive: &impl ObjectListing,
    arguments: &Arguments,
) -> Result<Vec<Key>, Failure> {
    if !arguments.conversations.is_empty() {
        return arguments
            .conversations
            .iter()
            .map(|id| payload_of(id))
            .collect();
    }
    let since = arguments.since.as_deref().map(time).transpose()?;
    let mut payloads = archive.payloads(since).await?;
    payloads.retain(Key::is_transcription);
    payloads.sort();
    Ok(payloads)
}

impl Counts {
    fn add(&mut self, outcome: ReplayOutcome) {
        match outcome {
            ReplayOutcome::Queued => self.queued += 1,
            ReplayOutcome::AlreadyExtracted => self.already_extracted += 1,
            ReplayOutcome::Anonymous => self.anonymous += 1,
            ReplayOutcome::Missing => self.missing += 1,
            ReplayOutcome::NotACall => {}
        }
    }

    fn describe(&self) -> String {
        let Self {
            queued,
            already_extracted,
            anonymous,
            missing,
        } = self;
        format!(
            "Put back: {queued}. Already extracted: {already_extracted}. Without a caller: {anonymous}. Not in the archive: {missing}."
        )
    }

    fn data(&self) -> Value {
        json!({
            "put_back": self.queued,
            "extracted_before": self.already_extracted,
            "without_caller": self.anonymous,
            "not_kept": self.missing,
        })
    }
}

/// Returns the key of a conversation's transcription.
fn payload_of(conversation: &str) -> Result<Key, Failure> {
    let id = conversation_id(conversation)?;
    Ok(Key::payload(&id, &PayloadKind::Transcription))
}

#[cfg(test)]
mod tests;
