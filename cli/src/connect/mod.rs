//! `elaaoms connect`: sets ElevenLabs agents up for a deployment.
//!
//! Existing resources are found by name and URL. Only what is missing or different is created or
//! changed, so a second run changes nothing and completes an interrupted first one. The plan is
//! shown first.

mod agent;
mod collection;
mod current;
pub(crate) mod disconnect;
pub(crate) mod dotenv;
mod names;
mod notes;
mod plan;
mod saved;
mod storage;
mod tool;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use common::call::AgentId;
use common::http_client;
use common::settings::CallerSettings;
use serde_json::json;
use url::Url;

use crate::context::Context;
use crate::deployment::{Deployment, DeploymentArguments};
use crate::elevenlabs::{Agent, ElevenLabs};
use crate::failure::Failure;
use crate::terminal::{CommandOutput, Progress};
use current::CurrentSetup;
use plan::Plan;
use storage::SecretStorage;

/// Set up an ElevenLabs agent for a deployment
///
/// One agent, several, or with --workspace all of them. Creates what is missing: a secret for the
/// header, a post-call webhook with retries, the search_memory tool, the conversation initiation
/// webhook, placeholders for the variables, the greeting, and the data collection items that let
/// calls be remembered without a model. Shows the plan and changes nothing without --yes. A second
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

/// Selects the agents.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct AgentSelection {
    /// An agent; may be given several times
    #[arg(long = "agent", value_name = "ID")]
    agents: Vec<String>,
    /// Every agent of the workspace that is not archived
    #[arg(long)]
    workspace: bool,
}

impl AgentSelection {
    pub(crate) fn agent(id: &str) -> Self {
        Self {
            agents: vec![id.to_owned()],
            workspace: false,
        }
    }

    async fn ids(&self, elevenlabs: &ElevenLabs) -> Result<Vec<AgentId>, Failure> {
        if self.workspace {
            let ids = elevenlabs.agents().await?;
            return if ids.is_empty() {
                Err(Failure::EmptyWorkspace)
            } else {
                Ok(ids)
            };
        }
        self.agents
            .iter()
            .map(|id| AgentId::parse(id).map_err(|_| Failure::InvalidAgentId(id.clone())))
            .collect()
    }
}

/// The deployment that agents are connected to.
#[derive(Debug, Args)]
pub(crate) struct Target {
    /// Public base URL of the deployment [default: the URL of the stack]
    #[arg(long, value_name = "BASE")]
    pub(crate) url: Option<Url>,
    /// Settings file that a deployment on one machine reads
    #[arg(long, default_value = ".env", value_name = "FILE")]
    pub(crate) env_file: PathBuf,
    /// Prefix for the names of created resources; use a different one for each deployment of a
    /// workspace
    #[arg(long, default_value = "elaaoms", value_name = "NAME")]
    pub(crate) name: String,
}

/// How the greeting reaches the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Greeting {
    /// The agent's first message becomes {{greeting}}
    Variable,
    /// The first message of the agent may be overridden
    Override,
    /// Both
    Both,
}

/// The setup that the operator wants.
struct DesiredSetup {
    base: Url,
    greeting: Greeting,
    name: String,
    /// Whether callers of web sessions are identified by their `user_id`.
    trusts_user_id: bool,
    /// Whether to add data collection items, so that ElevenLabs' model collects what is remembered.
    collects: bool,
    deployment: Deployment,
    storage: SecretStorage,
}

impl DesiredSetup {
    fn url(&self, webhook: &str) -> Url {
        http_client::join(&self.base, &["webhook", webhook])
    }
}

/// Returns the plan, and whether it was carried out.
pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    let deployment = Deployment::find(&arguments.deployment, context).await?;
    let desired = DesiredSetup {
        collects: !arguments.no_collect,
        ..desired_setup(&arguments.target, arguments.greeting, deployment)?
    };
    let elevenlabs = ElevenLabs::for_deployment(&desired.deployment)?;
    let agents = read_agents(&elevenlabs, &arguments.which.ids(&elevenlabs).await?).await?;
    let mut current = CurrentSetup::read(&elevenlabs, &desired).await?;
    let plan = Plan::new(&desired, &current, &agents);
    if !plan.conflicts.is_empty() && !arguments.replace {
        return Err(Failure::WouldReplace(plan.conflicts.join("; ")));
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

/// Returns each agent once.
fn main_branches(agents: &[Agent]) -> impl Iterator<Item = &Agent> {
    agents.iter().filter(|agent| agent.branch.is_none())
}

/// How an agent differs from what connect would set up.
pub(crate) struct PendingChanges {
    /// What connect would do; empty if the agent is connected.
    pub(crate) steps: Vec<String>,
    /// Settings that connect does not change but that need attention.
    pub(crate) notes: Vec<String>,
}

/// Returns what connect would do to this agent. Data collection is left out: an agent works without
/// it, and nothing records that the operator passed --no-collect.
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

/// Reads the agents on every branch that takes calls. A workspace may have many.
async fn read_agents(elevenlabs: &ElevenLabs, ids: &[AgentId]) -> Result<Vec<Agent>, Failure> {
    let progress = Progress::new(u64::try_from(ids.len()).ok(), "agents read");
    let mut agents = Vec::with_capacity(ids.len());
    for id in ids {
        agents.extend(elevenlabs.agent_on_branches(id.as_str()).await?);
        progress.step();
    }
    Ok(agents)
}

fn desired_setup(
    target: &Target,
    greeting: Option<Greeting>,
    deployment: Deployment,
) -> Result<DesiredSetup, Failure> {
    let base = target.url.clone().map_or_else(|| deployment.url(), Ok)?;
    if base.scheme() != "https" {
        return Err(Failure::NotHttps(base));
    }
    let configured = deployment
        .get("GREETING_DELIVERY")
        .and_then(|word| Greeting::from_str(word.trim(), true).ok());
    Ok(DesiredSetup {
        base,
        greeting: greeting.or(configured).unwrap_or(Greeting::Variable),
        name: target.name.clone(),
        storage: SecretStorage::of(&deployment, &target.env_file)?,
        trusts_user_id: CallerSettings::read(|name| deployment.get(name))?.trust_user_id,
        collects: false,
        deployment,
    })
}

#[cfg(test)]
mod tests;
