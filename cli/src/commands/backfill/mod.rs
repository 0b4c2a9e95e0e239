//! `elaaoms backfill`: fetches calls from before the deployment from ElevenLabs and has them
//! remembered.
//!
//! A call counts as done when the deployment holds its payload, so an interrupted run can be
//! repeated.

use clap::Args;
use common::archive::{Archive, Key, PayloadKind, is_erased};
use common::call::AgentId;
use jiff::Timestamp;
use serde::Serialize;
use url::Url;

use crate::commands::get_conversation::deliver;
use crate::context::Context;
use crate::deployment::{CallStore, Deployment, DeploymentArguments};
use crate::elevenlabs::{ConversationFilter, ConversationSummary, ElevenLabs};
use crate::error::Failure;
use crate::input::{agent_id, time};
use crate::terminal::{CommandOutput, Confirmation, Progress};
use crate::tombstone;

/// Have the earlier calls of an agent remembered
///
/// Fetches them from ElevenLabs, oldest first, including calls that were transferred to the agent,
/// and posts each to the deployment as if it had just ended. Skips calls that the deployment
/// already holds or has erased, so it can be interrupted and run again. Extraction costs the same
/// as for new calls. Needs ELEVENLABS_API_KEY.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms backfill --agent agent_1 --since 2026-11-01
  elaaoms backfill --agent agent_1 --since 2026-11-01T12:00:00Z --stage prod")]
pub(crate) struct Arguments {
    /// The agent whose calls are fetched
    #[arg(long, value_name = "ID")]
    agent: String,
    /// Fetch calls that began on this date or at this time (UTC), or later
    #[arg(long, value_name = "DATE")]
    since: String,
    /// Base URL to post the calls to [default: the URL of the deployment]
    #[arg(long, value_name = "BASE")]
    url: Option<Url>,
    #[command(flatten)]
    confirmation: Confirmation,
    #[command(flatten)]
    deployment: DeploymentArguments,
}

/// How many calls were delivered or skipped.
#[derive(Debug, Default, Serialize)]
struct BackfillSummary {
    delivered: usize,
    /// Calls that the deployment already held.
    #[serde(rename = "kept")]
    already_stored: usize,
    /// Calls that have not ended or are not analysed yet.
    unfinished: usize,
    /// Calls that the deployment has erased; they stay erased.
    erased: usize,
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    let agent = agent_id(&arguments.agent)?;
    let since: Timestamp = time(&arguments.since)?;
    let deployment = Deployment::find(&arguments.deployment, context).await?;
    let base = arguments.url.clone().map_or_else(|| deployment.url(), Ok)?;
    let elevenlabs = ElevenLabs::for_deployment(&deployment)?;
    let listed = elevenlabs
        .conversations(ConversationFilter {
            agent: &agent,
            since: since.as_second(),
        })
        .await?;
    let (calls, summary) = calls_to_deliver(&deployment.calls()?, listed).await?;
    if !calls.is_empty() {
        arguments
            .confirmation
            .ask(&format!("Extract {} calls of {agent}?", calls.len()))?;
    }
    let summary = deliver_all(&deployment, &elevenlabs, &base, (&agent, &calls), summary).await?;
    Ok(CommandOutput::new(summary.describe(), summary))
}

/// Selects the finished calls that the deployment neither holds nor has erased, and counts the
/// others.
async fn calls_to_deliver(
    store: &CallStore,
    listed: Vec<ConversationSummary>,
) -> Result<(Vec<ConversationSummary>, BackfillSummary), Failure> {
    let mut calls = Vec::new();
    let mut summary = BackfillSummary::default();
    for call in listed {
        if !matches!(call.status.as_str(), "done" | "failed") {
            summary.unfinished += 1;
        } else if is_erased(store, &call.conversation_id).await? {
            summary.erased += 1;
        } else if store
            .contains(&Key::payload(
                &call.conversation_id,
                &PayloadKind::Transcription,
            ))
            .await?
        {
            summary.already_stored += 1;
        } else {
            calls.push(call);
        }
    }
    Ok((calls, summary))
}

async fn deliver_all(
    deployment: &Deployment,
    elevenlabs: &ElevenLabs,
    base: &Url,
    (agent, calls): (&AgentId, &[ConversationSummary]),
    mut summary: BackfillSummary,
) -> Result<BackfillSummary, Failure> {
    let progress = Progress::new(u64::try_from(calls.len()).ok(), "calls");
    for call in calls {
        let conversation = elevenlabs.conversation(&call.conversation_id).await?;
        progress.step();
        // An API version without this filter also lists the calls of other agents.
        if !conversation.involves(agent) {
            continue;
        }
        let webhook = conversation.into_webhook();
        if tombstone::is_call_erased(deployment, &webhook).await? {
            summary.erased += 1;
            continue;
        }
        deliver(deployment, base, &webhook).await?;
        summary.delivered += 1;
    }
    Ok(summary)
}

impl BackfillSummary {
    fn describe(&self) -> String {
        let Self {
            delivered,
            already_stored,
            unfinished,
            erased,
        } = self;
        format!(
            "{delivered} calls delivered. Skipped: {already_stored} already stored, {unfinished} not \
             finished, {erased} erased."
        )
    }
}

#[cfg(test)]
mod tests;
