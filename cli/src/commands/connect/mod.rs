//! `elaaoms connect`: sets ElevenLabs agents up for a deployment.
//!
//! Existing resources are found by name and URL. Only what is missing or different is created or
//! changed, so a second run changes nothing and completes an interrupted first one. The plan is
//! shown first.

mod agent;
mod collection;
mod current;
mod desired;
pub(crate) mod disconnect;
mod dotenv;
mod error;
mod fields;
mod names;
mod notes;
mod plan;
mod saved;
mod storage;
mod tool;

use clap::Args;
use serde_json::json;

use crate::context::Context;
use crate::deployment::{Deployment, DeploymentArguments};
use crate::elevenlabs::{Agent, ElevenLabs};
use crate::error::Failure;
use crate::terminal::{CommandOutput, Progress};
use current::CurrentSetup;
pub(crate) use desired::Target;
use desired::{AgentSelection, DesiredSetup, Greeting, desired_setup, main_branches, read_agents};
use error::ConnectError;
use plan::Plan;

/// Set up an ElevenLabs agent for a deployment
///
/// One agent, several, or with --workspace all of them. Creates what is missing: a secret for the
/// header, a post-call webhook with retries, the tools search_memory and do_not_remember, the
/// conversation initiation webhook, placeholders for the variables, the greeting, and the data
/// collection items that let calls be remembered without a model. Shows the plan and changes nothing without --yes. A second
/// run changes nothing, and completes an interrupted first one. The secret of the webhook is stored
/// where the deployment reads it, .env or Secrets Manager, and is never shown. Needs
/// ELEVENLABS_API_KEY.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  # Show the plan, then carry it out
  elaaoms connect --agent agent_1 --url https://calls.example.com
  elaaoms connect --agent agent_1 --url https://calls.example.com --yes
  # Every agent of the workspace, for a deployment on AWS
  elaaoms connect --workspace --stage prod")]
pub(crate) struct Arguments {
    #[command(flatten)]
    which: AgentSelection,
    #[command(flatten)]
    target: Target,
    /// How the greeting reaches the agent [default: GREETING_DELIVERY, or variable]
    #[arg(long, value_enum)]
    greeting: Option<Greeting>,
    /// Add no data collection items; existing ones stay
    #[arg(long)]
    no_collect: bool,
    /// Do not add the tool do_not_remember, with which a caller opts out; an existing one stays
    #[arg(long)]
    no_opt_out_tool: bool,
    /// Replace webhooks of another service at the agent
    #[arg(long)]
    replace: bool,
    /// Show the plan and change nothing; the default without --yes
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Carry the plan out
    #[arg(long, short = 'y')]
    yes: bool,
    #[command(flatten)]
    deployment: DeploymentArguments,
}

/// Returns the plan, and whether it was carried out.
pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    let deployment = Deployment::find(&arguments.deployment, context).await?;
    let desired = DesiredSetup {
        collects: !arguments.no_collect,
        offers_opt_out: !arguments.no_opt_out_tool,
        ..desired_setup(&arguments.target, arguments.greeting, deployment)?
    };
    let elevenlabs = ElevenLabs::for_deployment(&desired.deployment)?;
    let agents = read_agents(&elevenlabs, &arguments.which.ids(&elevenlabs).await?).await?;
    let mut current = CurrentSetup::read(&elevenlabs, &desired).await?;
    let plan = Plan::new(&desired, &current, &agents);
    if !plan.conflicts.is_empty() && !arguments.replace {
        return Err(ConnectError::WouldReplace(plan.conflicts.join("; ")).into());
    }
    let ids: Vec<&str> = main_branches(&agents).map(Agent::id).collect();
    let done = arguments.yes || plan.steps.is_empty();
    let data = json!({"agents": ids, "plan": plan.lines, "notes": plan.notes, "done": done});
    if plan.steps.is_empty() {
        let text = format!(
            "{}{}: nothing to change.",
            plan.describe_notes(),
            describe_connected(&agents)
        );
        return Ok(CommandOutput::new(text, data));
    }
    let shown = plan.describe();
    if arguments.dry_run || !arguments.yes {
        return Ok(CommandOutput::new(
            format!("{shown}\nNothing was changed. Pass --yes to carry out the plan."),
            data,
        ));
    }
    let progress = Progress::new(u64::try_from(plan.steps.len()).ok(), "steps");
    for step in plan.steps {
        step.carry_out(&elevenlabs, &desired, &mut current).await?;
        progress.step();
    }
    drop(progress);
    Ok(CommandOutput::new(
        format!("{shown}\nDone. {}", desired.storage.next_step()),
        data,
    ))
}

fn describe_connected(agents: &[Agent]) -> String {
    match main_branches(agents).collect::<Vec<_>>()[..] {
        [agent] => format!("{} is connected", agent.describe()),
        ref agents => format!("all {} agents are connected", agents.len()),
    }
}

/// How an agent differs from what connect would set up.
pub(crate) struct PendingChanges {
    /// What connect would do; empty if the agent is connected.
    pub(crate) steps: Vec<String>,
    /// Settings that connect does not change but that need attention.
    pub(crate) notes: Vec<String>,
}

/// Returns what connect would do to this agent. Data collection and the tool do_not_remember are
/// left out: an agent works without them, and nothing records that the operator passed --no-collect
/// or --no-opt-out-tool.
pub(crate) async fn pending_changes(
    agent: &str,
    target: &Target,
    deployment: Deployment,
) -> Result<PendingChanges, Failure> {
    let desired = desired_setup(target, None, deployment)?;
    let elevenlabs = ElevenLabs::for_deployment(&desired.deployment)?;
    let agents = read_agents(
        &elevenlabs,
        &AgentSelection::agent(agent).ids(&elevenlabs).await?,
    )
    .await?;
    let plan = Plan::new(
        &desired,
        &CurrentSetup::read(&elevenlabs, &desired).await?,
        &agents,
    );
    Ok(PendingChanges {
        steps: plan.lines,
        notes: plan.notes,
    })
}

#[cfg(test)]
mod tests;
