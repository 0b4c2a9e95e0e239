//! `elaaoms connect`: ElevenLabs agents are set up for a deployment.
//!
//! What is there is found by name and address; only what is missing or different is made or
//! changed, so a second run changes nothing, and completes what a first one left half done. The
//! plan is shown first.

mod agent;
mod before;
mod collection;
pub(crate) mod disconnect;
pub(crate) mod dotenv;
mod found;
mod names;
mod notes;
mod plan;
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
use found::Found;
use plan::Plan;
use storage::Storage;

/// Set an ElevenLabs agent up for a deployment
///
/// One agent, several, or with --workspace all of them. Makes what is missing: a secret for the
/// header, a post-call webhook with retries, the search_memory tool, the conversation initiation
/// webhook, stand-ins for the variables, the greeting, and the data collection items by which calls
/// are remembered without a model. Shows the plan and changes nothing without --yes. A second run
/// changes nothing, and completes what a first one left half done. The webhook's secret goes where
/// the deployment reads it, .env or Secrets Manager, and is never shown. Needs ELEVENLABS_API_KEY.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  # What would be done, and then do it
  elaaoms connect --agent agent_1 --url https://calls.example.com
  elaaoms connect --agent agent_1 --url https://calls.example.com --yes
  # Every agent of the workspace, for a deployment on AWS
  elaaoms connect --workspace --stage prod")]
pub(crate) struct Arguments {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    target: Target,
    /// How a greeting reaches the agent [default: GREETING_DELIVERY, or variable]
    #[arg(long, value_enum)]
    greeting: Option<Greeting>,
    /// Add no data collection items; those that are there stay
    #[arg(long)]
    no_collect: bool,
    /// Take the place of another service's webhooks, where the agent has such
    #[arg(long)]
    replace: bool,
    /// Show the plan and change nothing; what happens without --yes
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Carry the plan out
    #[arg(long, short = 'y')]
    yes: bool,
    #[command(flatten)]
    deployment: DeploymentArguments,
}

/// Which agents.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Which {
    /// The agent; may be given several times
    #[arg(long = "agent", value_name = "ID")]
    agents: Vec<String>,
    /// Every agent of the workspace that is not archived
    #[arg(long)]
    workspace: bool,
}

impl Which {
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

/// What agents are connected to.
#[derive(Debug, Args)]
pub(crate) struct Target {
    /// Base URL of the deployment, as ElevenLabs reaches it [default: that of the stack]
    #[arg(long, value_name = "BASE")]
    pub(crate) url: Option<Url>,
    /// File of settings that a deployment on one machine reads
    #[arg(long, default_value = ".env", value_name = "FILE")]
    pub(crate) env_file: PathBuf,
    /// Begins the names of what is made; another one for each deployment of a workspace
    #[arg(long, default_value = "elaaoms", value_name = "NAME")]
    pub(crate) name: String,
}

/// How a greeting reaches the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Greeting {
    /// The agent's first message becomes {{greeting}}
    Variable,
    /// The agent allows its first message to be overridden
    Override,
    /// Both
    Both,
}

/// What is wanted, whatever is there.
struct Wanted {
    base: Url,
    greeting: Greeting,
    name: String,
    /// Whether web sessions are known by their `user_id`.
    trusts_user_id: bool,
    /// Whether ElevenLabs' model is to collect what is remembered.
    collects: bool,
    deployment: Deployment,
    storage: Storage,
}

impl Wanted {
    fn url(&self, door: &str) -> Url {
        http_client::join(&self.base, &["webhook", door])
    }
}

/// The plan, and whether it was carried out.
pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    let deployment = Deployment::find(&arguments.deployment, context).await?;
    let wanted = Wanted {
        collects: !arguments.no_collect,
        ..wanted(&arguments.target, arguments.greeting, deployment)?
    };
    let elevenlabs = ElevenLabs::of(&wanted.deployment)?;
    let agents = read(&elevenlabs, &arguments.which.ids(&elevenlabs).await?).await?;
    let mut found = Found::read(&elevenlabs, &wanted).await?;
    let plan = Plan::new(&wanted, &found, &agents);
    if !plan.taken.is_empty() && !arguments.replace {
        return Err(Failure::WouldReplace(plan.taken.join("; ")));
    }
    let ids: Vec<&str> = main_branches(&agents).map(Agent::id).collect();
    let data = |done| json!({"agents": ids, "plan": plan.lines, "notes": plan.notes, "done": done});
    if plan.steps.is_empty() {
        let text = format!(
            "{}{}: nothing to change.",
            plan.told_notes(),
            connected(&agents)
        );
        return Ok(CommandOutput::new(text, data(true)));
    }
    let (shown, data) = (plan.told(), data(arguments.yes));
    if arguments.dry_run || !arguments.yes {
        return Ok(CommandOutput::new(
            format!("{shown}\nNothing was changed: repeat it with --yes."),
            data,
        ));
    }
    let progress = Progress::new(u64::try_from(plan.steps.len()).ok(), "steps");
    for step in plan.steps {
        step.carry_out(&elevenlabs, &wanted, &mut found).await?;
        progress.step();
    }
    drop(progress);
    Ok(CommandOutput::new(
        format!("{shown}\nDone. {}", wanted.storage.afterwards()),
        data,
    ))
}

fn connected(agents: &[Agent]) -> String {
    match main_branches(agents).collect::<Vec<_>>()[..] {
        [agent] => format!("{} is connected", agent.told()),
        ref agents => format!("all {} agents are connected", agents.len()),
    }
}

/// Each agent once.
fn main_branches(agents: &[Agent]) -> impl Iterator<Item = &Agent> {
    agents.iter().filter(|agent| agent.branch.is_none())
}

/// What is not as connect would have it.
pub(crate) struct Missing {
    /// What connect would do, in words; empty when the agent is connected.
    pub(crate) steps: Vec<String>,
    /// What connect leaves as it is, and should be looked at.
    pub(crate) notes: Vec<String>,
}

/// What connect would do to this agent. Data collection is left out: an agent works without it, and
/// --no-collect leaves no trace that it is not wanted.
pub(crate) async fn missing(
    agent: &str,
    target: &Target,
    deployment: Deployment,
) -> Result<Missing, Failure> {
    let wanted = wanted(target, None, deployment)?;
    let elevenlabs = ElevenLabs::of(&wanted.deployment)?;
    let agents = read(&elevenlabs, &Which::agent(agent).ids(&elevenlabs).await?).await?;
    let plan = Plan::new(&wanted, &Found::read(&elevenlabs, &wanted).await?, &agents);
    Ok(Missing {
        steps: plan.lines,
        notes: plan.notes,
    })
}

/// The agents as they are, on every branch that takes calls. A workspace may have many.
async fn read(elevenlabs: &ElevenLabs, ids: &[AgentId]) -> Result<Vec<Agent>, Failure> {
    let progress = Progress::new(u64::try_from(ids.len()).ok(), "agents read");
    let mut agents = Vec::with_capacity(ids.len());
    for id in ids {
        agents.extend(elevenlabs.agent_on_branches(id.as_str()).await?);
        progress.step();
    }
    Ok(agents)
}

fn wanted(
    target: &Target,
    greeting: Option<Greeting>,
    deployment: Deployment,
) -> Result<Wanted, Failure> {
    let base = target.url.clone().map_or_else(|| deployment.url(), Ok)?;
    if base.scheme() != "https" {
        return Err(Failure::NotHttps(base));
    }
    let setting = deployment
        .get("GREETING_DELIVERY")
        .and_then(|word| Greeting::from_str(word.trim(), true).ok());
    Ok(Wanted {
        base,
        greeting: greeting.or(setting).unwrap_or(Greeting::Variable),
        name: target.name.clone(),
        storage: Storage::of(&deployment, &target.env_file)?,
        trusts_user_id: CallerSettings::read(|name| deployment.get(name))?.trust_user_id,
        collects: false,
        deployment,
    })
}

#[cfg(test)]
mod tests;
