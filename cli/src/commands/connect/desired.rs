//! The setup that the operator wants: the agents, the deployment and the options.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use common::call::AgentId;
use common::http_client;
use common::settings::CallerSettings;
use url::Url;

use super::error::ConnectError;
use super::storage::SecretStorage;
use super::tool::AgentTool;
use crate::deployment::Deployment;
use crate::elevenlabs::{Agent, ElevenLabs};
use crate::error::Failure;
use crate::input::agent_id;
use crate::terminal::Progress;

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

    pub(super) async fn ids(&self, elevenlabs: &ElevenLabs) -> Result<Vec<AgentId>, Failure> {
        if self.workspace {
            let ids = elevenlabs.agents().await?;
            return if ids.is_empty() {
                Err(ConnectError::EmptyWorkspace.into())
            } else {
                Ok(ids)
            };
        }
        self.agents.iter().map(|id| Ok(agent_id(id)?)).collect()
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
pub(super) struct DesiredSetup {
    pub(super) base: Url,
    pub(super) greeting: Greeting,
    pub(super) name: String,
    /// Whether callers of web sessions are identified by their `user_id`.
    pub(super) trusts_user_id: bool,
    /// Whether to add data collection items, so that ElevenLabs' model collects what is remembered.
    pub(super) collects: bool,
    /// Whether agents get the tool with which callers opt out.
    pub(super) offers_opt_out: bool,
    pub(super) deployment: Deployment,
    pub(super) storage: SecretStorage,
}

impl DesiredSetup {
    pub(super) fn url(&self, webhook: &str) -> Url {
        http_client::join(&self.base, &["webhook", webhook])
    }

    /// Returns the tools that agents get.
    pub(super) fn tools(&self) -> impl Iterator<Item = AgentTool> {
        let offers_opt_out = self.offers_opt_out;
        AgentTool::ALL
            .into_iter()
            .filter(move |tool| offers_opt_out || *tool == AgentTool::SearchMemory)
    }
}

/// Returns each agent once.
pub(super) fn main_branches(agents: &[Agent]) -> impl Iterator<Item = &Agent> {
    agents.iter().filter(|agent| agent.branch.is_none())
}

/// Reads the agents on every branch that takes calls. A workspace may have many.
pub(super) async fn read_agents(
    elevenlabs: &ElevenLabs,
    ids: &[AgentId],
) -> Result<Vec<Agent>, Failure> {
    let progress = Progress::new(u64::try_from(ids.len()).ok(), "agents read");
    let mut agents = Vec::with_capacity(ids.len());
    for id in ids {
        agents.extend(elevenlabs.agent_on_branches(id.as_str()).await?);
        progress.step();
    }
    Ok(agents)
}

pub(super) fn desired_setup(
    target: &Target,
    greeting: Option<Greeting>,
    deployment: Deployment,
) -> Result<DesiredSetup, Failure> {
    let base = target.url.clone().map_or_else(|| deployment.url(), Ok)?;
    if base.scheme() != "https" {
        return Err(ConnectError::NotHttps(base).into());
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
        offers_opt_out: false,
        deployment,
    })
}
