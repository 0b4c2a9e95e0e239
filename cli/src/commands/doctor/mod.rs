//! `elaaoms doctor`: runs all checks of a deployment and reports problems, with what to do about
//! them.
//!
//! It changes nothing. Each check gives its own findings, and a failed check does not stop the
//! others.

mod agent;
mod clock;
mod configuration;
mod events;
mod extraction;
mod finding;
mod health;
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
use crate::error::Failure;
use crate::terminal::{CommandOutput, Table};
use finding::{Finding, State};

/// Check a deployment and its setup at ElevenLabs
///
/// Checks settings, secrets, /health, the memory store, the provider's key (with one free request),
/// the queue, outgoing events, the last extraction, and at ElevenLabs the post-call webhook and the clock; with
/// --agent also everything that connect sets. Changes nothing. Exit code 4 if something is wrong.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms doctor
  # Also check how an agent is connected
  elaaoms doctor --url https://calls.example.com --agent agent_1
  # A deployment on AWS, for programs
  elaaoms doctor --stage prod --agent agent_1 --output json")]
pub(crate) struct Arguments {
    /// An agent to check as well
    #[arg(long, value_name = "ID")]
    agent: Option<String>,
    /// Public base URL of the deployment [default: the URL of the deployment]
    #[arg(long, value_name = "BASE")]
    url: Option<Url>,
    /// Settings file that a deployment on one machine reads
    #[arg(long, default_value = ".env", value_name = "FILE")]
    env_file: PathBuf,
    /// Prefix of the names of the resources that connect created
    #[arg(long, default_value = "elaaoms", value_name = "NAME")]
    name: String,
    #[command(flatten)]
    deployment: DeploymentArguments,
}

/// Returns all findings. The exit code is 4 if one is a fault.
pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    let deployment = Deployment::find(&arguments.deployment, context).await?;
    let base = arguments.url.clone().map_or_else(|| deployment.url(), Ok)?;
    let mut findings = configuration::settings(&deployment);
    findings.push(health::check(context, &base).await);
    findings.extend(configuration::store(&deployment).await);
    findings.extend(configuration::model(&deployment).await);
    findings.push(queue::check(&deployment).await);
    findings.extend(events::check(&deployment));
    findings.extend(extraction::check(&deployment).await);
    findings.extend(elevenlabs(arguments, deployment, &base).await);
    Ok(summarise(&findings))
}

/// Checks the setup at ElevenLabs, if there is an API key.
async fn elevenlabs(arguments: &Arguments, deployment: Deployment, base: &Url) -> Vec<Finding> {
    let context = deployment.context.clone();
    // Do not prompt for the key: doctor also runs unattended.
    if deployment.get("ELEVENLABS_API_KEY").is_none() {
        return vec![Finding::skipped(
            "elevenlabs",
            "not checked: ELEVENLABS_API_KEY is not set",
        )];
    }
    let elevenlabs = match ElevenLabs::for_deployment(&deployment) {
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

fn summarise(findings: &[Finding]) -> CommandOutput {
    let count = |state| {
        findings
            .iter()
            .filter(|finding| finding.state == state)
            .count()
    };
    let faults = count(State::Fault);
    let warnings = count(State::Warning);
    let mut table = Table::plain();
    findings
        .iter()
        .for_each(|finding| finding.add_to(&mut table));
    let summary = match (faults, warnings) {
        (0, 0) => "No problems found.".to_owned(),
        (faults, warnings) => format!("{faults} faults, {warnings} warnings."),
    };
    CommandOutput::new(
        format!("{}\n\n{summary}", table.text()),
        json!({"in_order": faults == 0, "findings": findings}),
    )
    .with_check_result(faults == 0)
}

#[cfg(test)]
mod tests;
