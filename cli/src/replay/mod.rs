//! `elaaoms replay`: conversations go back into the queue, under a name of their own so that no
//! queue takes them for doubles. What was extracted before is left as it is, unless it is to be
//! redone.

mod dead_letters;

use std::path::Path;

use aws_config::SdkConfig;
use clap::Args;
use common::archive::{Key, ObjectListing, PayloadKind};
use common::aws::{self, config_as};
use common::call::ConversationId;
use common::elevenlabs::event::Event;
use common::queue::embedded::EmbeddedQueue;
use common::queue::sqs::{SqsDeadLetters, SqsQueue};
use common::queue::{Enqueued, ExtractionJob, ExtractionQueue};
use common::settings::CallerSettings;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use secrecy::SecretString;
use serde_json::{Value, json};
use url::Url;

use crate::audit::{AuditEntry, AuditTrail};
use crate::context::Context;
use crate::deployment::{CallStore, Deployment, DeploymentArguments, Place};
use crate::failure::Failure;
use crate::terminal::{CommandOutput, Progress};

/// Put conversations back into the queue, to be extracted
///
/// On one machine from the data folder; on AWS with --stage, or with --bucket and --queue.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("which").required(true).multiple(false), after_help = "\
Examples:
  elaaoms replay --missing                  what was never extracted
  elaaoms replay --dlq --list               what was given up, and why
  elaaoms replay --dlq --stage prod         put it back
  elaaoms replay --since 2026-11-01 --redo  extract again, with today's model")]
pub(crate) struct Arguments {
    /// The conversations to put back
    #[arg(group = "which", value_name = "CONVERSATION")]
    pub(crate) conversations: Vec<String>,
    /// Everything that was given up
    #[arg(long, group = "which")]
    pub(crate) dlq: bool,
    /// Only show what was given up, and put nothing back
    #[arg(long, conflicts_with_all = ["conversations", "since", "missing"])]
    pub(crate) list: bool,
    /// Every call kept since this day or time (UTC)
    #[arg(long, group = "which", value_name = "DATE")]
    pub(crate) since: Option<String>,
    /// Every call that is kept and was never extracted
    #[arg(long, group = "which")]
    pub(crate) missing: bool,
    /// Extract again although it was done: the new memories take the place of the earlier ones
    #[arg(long, conflicts_with_all = ["dlq", "missing"])]
    pub(crate) redo: bool,
    /// Bucket of a deployment on AWS
    #[arg(
        long,
        env = "PAYLOAD_BUCKET",
        hide_env_values = true,
        requires = "queue",
        help_heading = "Deployment"
    )]
    pub(crate) bucket: Option<String>,
    /// URL of its queue
    #[arg(
        long,
        env = "EXTRACTION_QUEUE_URL",
        hide_env_values = true,
        value_name = "URL",
        help_heading = "Deployment"
    )]
    pub(crate) queue: Option<Url>,
    /// URL of its dead-letter queue, for --dlq
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
            let config = config_as(
                context.http.clone(),
                |name| context.get(name),
                stack.api.identity(),
            );
            let bucket = stack.output("PayloadBucket")?;
            let (queue, dead) = (
                stack.url("ExtractionQueueUrl")?,
                stack.url("DeadLetterQueueUrl")?,
            );
            on_aws(arguments, &deployment, &config, bucket, queue, Some(dead)).await
        }
        Place::Machine(machine) => match arguments.bucket.as_ref().zip(arguments.queue.clone()) {
            Some((bucket, queue)) => {
                let config = aws::config(context.http.clone(), |name| context.get(name));
                on_aws(
                    arguments,
                    &deployment,
                    &config,
                    bucket,
                    queue,
                    arguments.dead_letter_queue.clone(),
                )
                .await
            }
            None => on_one_machine(arguments, &deployment, &machine.queue()).await,
        },
    }
}

async fn on_aws(
    arguments: &Arguments,
    deployment: &Deployment,
    config: &SdkConfig,
    bucket: &str,
    queue: Url,
    dead: Option<Url>,
) -> Result<CommandOutput, Failure> {
    let calls = CallStore::bucket(config, bucket);
    // A bucket that was named by hand is audited under the user of the operating system.
    let api = match &deployment.place {
        Place::Aws(stack) => Some(stack.api.clone()),
        Place::Machine(_) => None,
    };
    let trail = AuditTrail::Bucket(calls.clone(), api);
    let queue = SqsQueue::new(config, queue);
    if arguments.dlq {
        let letters =
            SqsDeadLetters::new(config, dead.ok_or(Failure::MissingDeadLetterQueue)?, queue);
        return dead_letters::answer(&letters, arguments.list, deployment, &trail).await;
    }
    put_back(arguments, deployment, calls, queue, &trail).await
}

async fn on_one_machine(
    arguments: &Arguments,
    deployment: &Deployment,
    file: &Path,
) -> Result<CommandOutput, Failure> {
    if !file.is_file() {
        return Err(Failure::NoCallData(arguments.deployment.data_dir.clone()));
    }
    let (queue, trail) = (EmbeddedQueue::open(file).await?, deployment.trail()?);
    match arguments.dlq {
        true => dead_letters::answer(&queue, arguments.list, deployment, &trail).await,
        false => put_back(arguments, deployment, deployment.calls()?, queue, &trail).await,
    }
}

async fn put_back<A: ObjectListing, Q: ExtractionQueue>(
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
        caller: CallerSettings::read(|name| deployment.get(name))?,
    };
    let counts = replay.run(arguments).await?;
    let which =
        json!({"since": arguments.since, "missing": arguments.missing, "redo": arguments.redo});
    audit(deployment, trail, which, &counts.data()).await?;
    Ok(CommandOutput::new(counts.told(), counts.data()))
}

async fn audit(
    deployment: &Deployment,
    trail: &AuditTrail,
    which: Value,
    counts: &Value,
) -> Result<(), Failure> {
    let counts = json!({"which": which, "calls": counts});
    let deed = AuditEntry {
        action: "replay",
        subject: None,
        counts,
        outcome: "done",
    };
    trail.write(&deployment.context, &deed).await
}

/// The time of a replay tells its jobs from those of another.
fn version(now: Timestamp) -> u64 {
    u64::try_from(now.as_second()).unwrap_or_default()
}

struct Replay<A, Q> {
    archive: A,
    queue: Q,
    pepper: SecretString,
    version: u64,
    caller: CallerSettings,
}

/// How many conversations went which way.
#[derive(Default)]
struct Counts {
    queued: usize,
    done: usize,
    nobody: usize,
    gone: usize,
}

impl<A: ObjectListing, Q: ExtractionQueue> Replay<A, Q> {
    async fn run(&self, arguments: &Arguments) -> Result<Counts, Failure> {
        let mut counts = Counts::default();
        let chosen = self.chosen(arguments).await?;
        let progress = Progress::new(u64::try_from(chosen.len()).ok(), "calls");
        for payload in chosen {
            self.put_back(payload, arguments, &mut counts).await?;
            progress.step();
        }
        Ok(counts)
    }

    async fn chosen(&self, arguments: &Arguments) -> Result<Vec<Key>, Failure> {
        if !arguments.conversations.is_empty() {
            return arguments
                .conversations
                .iter()
                .map(|id| payload_of(id))
                .collect();
        }
        let since = arguments.since.as_deref().map(time).transpose()?;
        let mut payloads = self.archive.payloads(since).await?;
        payloads.retain(Key::is_transcription);
        payloads.sort();
        Ok(payloads)
    }

    async fn put_back(
        &self,
        payload: Key,
        arguments: &Arguments,
        counts: &mut Counts,
    ) -> Result<(), Failure> {
        let Some(body) = self.archive.get(&payload).await? else {
            counts.gone += 1;
            return Ok(());
        };
        let Event::Transcription(call) = Event::read(&body) else {
            return Ok(());
        };
        let Some(caller) = call.caller(self.caller.trust_user_id) else {
            counts.nobody += 1;
            return Ok(());
        };
        let job = ExtractionJob {
            redo: arguments.redo.then_some(self.version),
            ..ExtractionJob::new(call.conversation_id.clone(), payload)
        };
        if !arguments.redo && self.archive.contains(&job.done()).await? {
            counts.done += 1;
            return Ok(());
        }
        self.queue
            .push(Enqueued::replayed(
                job,
                caller.hash(&self.pepper),
                self.version,
            ))
            .await?;
        counts.queued += 1;
        Ok(())
    }
}

impl Counts {
    /// In words.
    fn told(&self) -> String {
        let Self {
            queued,
            done,
            nobody,
            gone,
        } = self;
        format!(
            "Put back: {queued}. Extracted before and left alone: {done}. Without a caller: {nobody}. Not kept: {gone}."
        )
    }

    fn data(&self) -> Value {
        json!({"put_back": self.queued, "extracted_before": self.done, "without_caller": self.nobody, "not_kept": self.gone})
    }
}

fn payload_of(conversation: &str) -> Result<Key, Failure> {
    let id = ConversationId::parse(conversation)
        .map_err(|_| Failure::InvalidConversationId(conversation.to_owned()))?;
    Ok(Key::payload(&id, &PayloadKind::Transcription))
}

/// A day begins at midnight in UTC.
pub(crate) fn time(text: &str) -> Result<Timestamp, Failure> {
    let day = || {
        text.parse::<Date>()
            .ok()?
            .to_zoned(TimeZone::UTC)
            .ok()
            .map(|zoned| zoned.timestamp())
    };
    text.parse()
        .ok()
        .or_else(day)
        .ok_or_else(|| Failure::InvalidDate(text.to_owned()))
}

#[cfg(test)]
mod tests;
