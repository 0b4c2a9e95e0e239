//! `elaaoms backfill`: calls that an agent had before the deployment was there are fetched from
//! ElevenLabs and remembered.
//!
//! A call counts as done when the deployment keeps its payload, so whatever breaks this off, the
//! next run goes on.

use clap::Args;
use common::archive::{Archive, Key, PayloadKind, is_erased};
use common::call::AgentId;
use jiff::Timestamp;
use serde::Serialize;
use url::Url;

use crate::context::Context;
use crate::deployment::{CallStore, Deployment, DeploymentArguments};
use crate::elevenlabs::{ConversationSummary, ElevenLabs, Listed};
use crate::failure::Failure;
use crate::get_conversation::deliver;
use crate::memories::tombstone;
use crate::replay::time;
use crate::terminal::{CommandOutput, Confirmation, Progress};

/// Have the earlier calls of an agent remembered
///
/// Fetches them from ElevenLabs, oldest first, those that were transferred to the agent included,
/// and posts each to the deployment as if it had just ended. Calls that the deployment keeps
/// already, or that were erased there, are left out, so it can be broken off and started again.
/// Extraction costs what it costs for new calls. Needs ELEVENLABS_API_KEY.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms backfill --agent agent_1 --since 2026-11-01
  elaaoms backfill --agent agent_1 --since 2026-11-01T12:00:00Z --stage prod")]
pub(crate) struct Arguments {
    /// The agent
    #[arg(long, value_name = "ID")]
    agent: String,
    /// Calls that began on this day or at this time (UTC), or later
    #[arg(long, value_name = "DATE")]
    since: String,
    /// Base URL of the deployment [default: that of the deployment]
    #[arg(long, value_name = "BASE")]
    url: Option<Url>,
    #[command(flatten)]
    confirmation: Confirmation,
    #[command(flatten)]
    deployment: DeploymentArguments,
}

/// What became of the calls.
#[derive(Debug, Default, Serialize)]
struct Counts {
    delivered: usize,
    /// Kept by the deployment before.
    kept: usize,
    /// Going on, or not analysed yet.
    unfinished: usize,
    /// Erased in the deployment, which stays so.
    erased: usize,
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    let agent = AgentId::parse(&arguments.agent)
        .map_err(|_| Failure::InvalidAgentId(arguments.agent.clone()))?;
    let since: Timestamp = time(&arguments.since)?;
    let deployment = Deployment::find(&arguments.deployment, context).await?;
    let base = arguments.url.clone().map_or_else(|| deployment.url(), Ok)?;
    let elevenlabs = ElevenLabs::of(&deployment)?;
    let listed = elevenlabs
        .conversations(Listed {
            agent: &agent,
            since: since.as_second(),
        })
        .await?;
    let (calls, counts) = missing(&deployment.calls()?, listed).await?;
    if !calls.is_empty() {
        arguments
            .confirmation
            .ask(&format!("Have {} calls of {agent} extracted?", calls.len()))?;
    }
    let counts = deliver_all(&deployment, &elevenlabs, &base, (&agent, &calls), counts).await?;
    Ok(CommandOutput::new(counts.told(), counts))
}

/// Those that are over and that the deployment does not keep.
async fn missing(
    kept: &CallStore,
    listed: Vec<ConversationSummary>,
) -> Result<(Vec<ConversationSummary>, Counts), Failure> {
    let (mut calls, mut counts) = (Vec::new(), Counts::default());
    for call in listed {
        if !matches!(call.status.as_str(), "done" | "failed") {
            counts.unfinished += 1;
        } else if is_erased(kept, &call.conversation_id).await? {
            counts.erased += 1;
        } else if kept
            .contains(&Key::payload(
                &call.conversation_id,
                &PayloadKind::Transcription,
            ))
            .await?
        {
            counts.kept += 1;
        } else {
            calls.push(call);
        }
    }
    Ok((calls, counts))
}

async fn deliver_all(
    deployment: &Deployment,
    elevenlabs: &ElevenLabs,
    base: &Url,
    (agent, calls): (&AgentId, &[ConversationSummary]),
    mut counts: Counts,
) -> Result<Counts, Failure> {
    let progress = Progress::new(u64::try_from(calls.len()).ok(), "calls");
    for call in calls {
        let conversation = elevenlabs.conversation(&call.conversation_id).await?;
        progress.step();
        // An API that does not know how to ask for visited agents lists the calls of others.
        if !conversation.is_of(agent) {
            continue;
        }
        let webhook = conversation.into_webhook();
        if tombstone::covers(deployment, &webhook).await? {
            counts.erased += 1;
            continue;
        }
        deliver(deployment, base, &webhook).await?;
        counts.delivered += 1;
    }
    Ok(counts)
}

impl Counts {
    fn told(&self) -> String {
        let Self {
            delivered,
            kept,
            unfinished,
            erased,
        } = self;
        format!(
            "{delivered} calls delivered, {kept} were kept already, {unfinished} are not over yet, {erased} are erased and \
             stay so."
        )
    }
}

#[cfg(test)]
mod tests;
