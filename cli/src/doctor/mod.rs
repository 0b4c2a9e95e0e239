//! `elaaoms doctor`: everything that can be asked is asked, and what is not in order is said with
//! what to do.
//!
//! Nothing is changed. Each check gives findings of its own, and none keeps another from being
//! made.

mod agent;
mod clock;
mod extraction;
mod finding;
mod health;
mod own;
mod queue;
mod webhook;

use std::path::PathBuf;

use clap::Args;
use common::http_client;
use serde_json::json;
use url::Url;

use crate::context::Context;
use crate::deployment::{Deployment, DeploymentArguments};
use crate::elevenlabs::ElevenLabs;
use crate::failure::Failure;
use crate::terminal::{CommandOutput, Table};
use finding::{Finding, State};

/// Ask a deployment, and ElevenLabs about it, what is wrong
///
/// Settings, secrets, /health, the memory store, the provider's key (by one free call), the queue,
/// the last extraction, and at ElevenLabs the post-call webhook and the clock; with --agent also
/// everything that connect sets. Changes nothing. Exit code 4 when something is wrong.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms doctor
  # And how an agent is connected to it
  elaaoms doctor --url https://calls.example.com --agent agent_1
  # A deployment on AWS, for programs
  elaaoms doctor --stage prod --agent agent_1 --output json")]
pub(crate) struct Arguments {
    /// An agent to look at as well
    #[arg(long, value_name = "ID")]
    agent: Option<String>,
    /// Base URL of the deployment, as ElevenLabs reaches it [default: that of the deployment]
    #[arg(long, value_name = "BASE")]
    url: Option<Url>,
    /// File of settings that a deployment on one machine reads
    #[arg(long, default_value = ".env", value_name = "FILE")]
    env_file: PathBuf,
    /// Begins the names of what connect made
    #[arg(long, default_value = "elaaoms", value_name = "NAME")]
    name: String,
    #[command(flatten)]
    deployment: DeploymentArguments,
}

/// All findings, the exit code after the worst of them.
pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    let deployment = Deployment::find(&arguments.deployment, context).await?;
    let base = arguments.url.clone().map_or_else(|| deployment.url(), Ok)?;
    let mut findings = own::settings(&deployment);
    findings.push(health::check(context, &base).await);
    findings.extend(own::store(&deployment).await);
    findings.extend(own::model(&deployment).await);
    findings.push(queue::check(&deployment).await);
    findings.extend(extraction::check(&deployment).await);
    findings.extend(elevenlabs(arguments, deployment, &base).await);
    Ok(answer(&findings))
}

/// What ElevenLabs says, as far as there is a key to ask it with.
async fn elevenlabs(arguments: &Arguments, deployment: Deployment, base: &Url) -> Vec<Finding> {
    let context = deployment.context.clone();
    // Looked for, not asked for: a check runs without anybody beside it.
    if deployment.get("ELEVENLABS_API_KEY").is_none() {
        return vec![Finding::skipped(
            "elevenlabs",
            "not asked: ELEVENLABS_API_KEY is not set",
        )];
    }
    let elevenlabs = match ElevenLabs::of(&deployment) {
        Ok(elevenlabs) => elevenlabs,
        Err(failure) => return vec![Finding::failed("elevenlabs", &failure)],
    };
    let mut findings = vec![clock::check(&context, elevenlabs.base()).await];
    let post_call = http_client::join(base, &["webhook", "post-call"]);
    findings.extend(webhook::check(&elevenlabs, &post_call, &arguments.name).await);
    if let Some(agent) = &arguments.agent {
        findings.extend(agent::check(arguments, agent, deployment).await);
    }
    findings
}

fn answer(findings: &[Finding]) -> CommandOutput {
    let count = |state| {
        findings
            .iter()
            .filter(|finding| finding.state == state)
            .count()
    };
    let (faults, warnings) = (count(State::Fault), count(State::Warning));
    let mut table = Table::plain();
    findings
        .iter()
        .for_each(|finding| finding.add_to(&mut table));
    let sum = match (faults, warnings) {
        (0, 0) => "Nothing is wrong.".to_owned(),
        (faults, warnings) => format!("{faults} wrong, {warnings} to look at."),
    };
    CommandOutput::new(
        format!("{}\n\n{sum}", table.text()),
        json!({"in_order": faults == 0, "findings": findings}),
    )
    .with_check_result(faults == 0)
}

#[cfg(test)]
mod tests;
