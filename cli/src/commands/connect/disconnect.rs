//! `elaaoms disconnect`: disconnects agents from a deployment.
//!
//! Only settings that connect made are reverted, and only if they are unchanged since: another
//! service's webhook and tools stay.
//!
//! Resources that agents share (tool, webhook and workspace secret) stay unless --shared is passed.
//! The deployment keeps its secrets, because calls that ended earlier are still delivered with
//! valid signatures.

use clap::Args;
use serde_json::{Value, json};

use super::agent::{AgentPatch, ResourceIds};
use super::collection::{self, COLLECTION};
use super::current::CurrentSetup;
use super::desired::{
    AgentSelection, DesiredSetup, Target, desired_setup, main_branches, read_agents,
};
use super::fields::{CLIENT_DATA, ENABLED, FIRST_MESSAGE, GREETING, PRESETS, WEBHOOKS};
use super::plan::shared_resources;
use super::saved::{self, SavedSettings, TOOLS};
use super::tool::AgentTool;
use crate::context::Context;
use crate::deployment::{Deployment, DeploymentArguments};
use crate::elevenlabs::{Agent, ElevenLabs, ElevenLabsError, PLACEHOLDERS, without_nulls};
use crate::error::Failure;
use crate::terminal::{CommandOutput, Progress};

/// Disconnect an ElevenLabs agent from a deployment
///
/// Reverts what connect did to the agent: its tool, its webhooks, its first message, and its data
/// collection items. Shows the plan and changes nothing without --yes. Memories stay. Needs
/// ELEVENLABS_API_KEY.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  # Show the plan, then carry it out
  elaaoms disconnect --agent agent_1 --url https://calls.example.com
  elaaoms disconnect --agent agent_1 --url https://calls.example.com --yes
  # Every agent of the workspace, and the shared resources
  elaaoms disconnect --workspace --stage prod --shared --yes")]
pub(crate) struct Arguments {
    #[command(flatten)]
    which: AgentSelection,
    #[command(flatten)]
    target: Target,
    /// Also delete the tool, the webhook and the secret; other agents lose them
    #[arg(long)]
    shared: bool,
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
    let desired = desired_setup(
        &arguments.target,
        None,
        Deployment::find(&arguments.deployment, context).await?,
    )?;
    let elevenlabs = ElevenLabs::for_deployment(&desired.deployment)?;
    let agents = read_agents(&elevenlabs, &arguments.which.ids(&elevenlabs).await?).await?;
    let current = CurrentSetup::read(&elevenlabs, &desired).await?;
    let (ids, _) = shared_resources(&desired, &current);
    let patches = agents
        .iter()
        .map(|agent| (agent, patch(agent, &desired, &ids, &current)));
    let patches: Vec<(&Agent, AgentPatch)> = patches
        .filter(|(_, patch)| !patch.changes.is_empty())
        .collect();
    let shared = if arguments.shared {
        SharedResources::select(&desired, &current, &ids)
    } else {
        SharedResources::default()
    };
    let lines: Vec<String> = patches
        .iter()
        .flat_map(describe)
        .chain(shared.describe())
        .collect();
    let connected: Vec<&str> = main_branches(&agents).map(Agent::id).collect();
    let data =
        json!({"agents": connected, "plan": lines, "done": arguments.yes || lines.is_empty()});
    if lines.is_empty() {
        return Ok(CommandOutput::new(
            format!("{}: nothing to change.", not_connected(&agents)),
            data,
        ));
    }
    let shown: String = lines.iter().map(|line| format!("  {line}\n")).collect();
    if !arguments.yes {
        return Ok(CommandOutput::new(
            format!("{shown}\nNothing was changed. Pass --yes to carry out the plan."),
            data,
        ));
    }
    let progress = Progress::new(u64::try_from(patches.len()).ok(), "agents");
    for patch in &patches {
        update_agent(&elevenlabs, &desired, patch, &ids, &current).await?;
        progress.step();
    }
    drop(progress);
    shared.delete(&elevenlabs).await?;
    Ok(CommandOutput::new(
        format!("{shown}\nDone. Memories stay."),
        data,
    ))
}

fn describe((agent, patch): &(&Agent, AgentPatch)) -> Vec<String> {
    let changes = patch.changes.iter().map(|change| format!("    {change}"));
    std::iter::once(format!("update the {}:", agent.describe()))
        .chain(changes)
        .collect()
}

fn not_connected(agents: &[Agent]) -> String {
    match main_branches(agents).collect::<Vec<_>>()[..] {
        [agent] => format!("{} is not connected", agent.describe()),
        ref agents => format!("none of {} agents is connected", agents.len()),
    }
}

/// Computes the changes that restore the settings that connect made and nobody changed since.
fn patch(
    agent: &Agent,
    desired: &DesiredSetup,
    ids: &ResourceIds,
    current: &CurrentSetup,
) -> AgentPatch {
    let mut patch = AgentPatch {
        changes: Vec::new(),
        body: json!({}),
    };
    let existing = SavedSettings::of(agent);
    let is_connected = saved::is_connected(agent, desired.url("client-data").as_str(), &ids.secret);
    let saved = existing
        .clone()
        .unwrap_or_else(|| SavedSettings::of_earlier_version(agent, is_connected));
    remove_tools(&mut patch, agent, &saved, (ids, current));
    for (pointer, value) in saved::settings_to_restore(agent, &saved, is_connected) {
        let description = describe_setting(&pointer, &value);
        patch.put(&pointer, value, &description);
    }
    if is_connected {
        let previous = saved
            .get(CLIENT_DATA)
            .filter(|previous| !previous.is_null());
        let description = match previous {
            Some(previous) => format!(
                "restore the conversation initiation webhook {}",
                previous["url"].as_str().unwrap_or_default()
            ),
            None => "remove the conversation initiation webhook".to_owned(),
        };
        patch.put(
            CLIENT_DATA,
            previous.map_or(Value::Null, without_nulls),
            &description,
        );
    }
    restore_post_call(&mut patch, agent, &saved, ids);
    if let Some(items) = collection::without_ours(agent) {
        patch.put(COLLECTION, items, "remove the data collection items");
    }
    if existing.is_some() {
        patch.put(
            PLACEHOLDERS,
            saved::placeholders(agent, &saved),
            "remove the saved settings",
        );
    }
    patch
}

fn remove_tools(
    patch: &mut AgentPatch,
    agent: &Agent,
    saved: &SavedSettings,
    (ids, current): (&ResourceIds, &CurrentSetup),
) {
    let own = agent.tool_ids();
    let ours = ids
        .tools
        .iter()
        .filter(|(_, id)| own.contains(&id.as_str()));
    let ours: Vec<&(AgentTool, String)> = ours.collect();
    if ours.is_empty() {
        return;
    }
    let our_ids: Vec<&str> = ours.iter().map(|(_, id)| id.as_str()).collect();
    let exists = |id: &str| current.tools.iter().any(|tool| tool.id == id);
    let tools = saved::tools(agent, saved, &our_ids, exists);
    patch.set(TOOLS, json!(tools));
    let removed = ours
        .iter()
        .map(|(tool, _)| format!("remove the tool {}", tool.name()));
    patch.changes.extend(removed);
}

fn describe_setting(pointer: &str, value: &Value) -> String {
    match pointer {
        FIRST_MESSAGE => format!("first message: {GREETING:?} becomes {value}"),
        PRESETS => "restore the first messages of the language presets".to_owned(),
        ENABLED => "stop fetching data from the webhook when a call starts".to_owned(),
        _ => "disallow overriding the first message".to_owned(),
    }
}

fn restore_post_call(
    patch: &mut AgentPatch,
    agent: &Agent,
    saved: &SavedSettings,
    ids: &ResourceIds,
) {
    let webhook = agent
        .setting(WEBHOOKS)
        .and_then(|webhooks| webhooks["post_call_webhook_id"].as_str());
    if webhook.is_some_and(|id| id == ids.webhook || ids.our_webhooks.iter().any(|own| own == id)) {
        patch.put(
            WEBHOOKS,
            saved::webhooks(agent, saved),
            "remove the post-call webhook",
        );
    }
}

/// Updates the agent, then reads it again to check that the change was applied.
async fn update_agent(
    elevenlabs: &ElevenLabs,
    desired: &DesiredSetup,
    (agent, change): &(&Agent, AgentPatch),
    ids: &ResourceIds,
    current: &CurrentSetup,
) -> Result<(), Failure> {
    // Remove our webhook first: an API that merges objects would leave our header in the other
    // service's webhook.
    if change
        .body
        .pointer(CLIENT_DATA)
        .is_some_and(Value::is_object)
    {
        let mut removal = AgentPatch {
            changes: Vec::new(),
            body: json!({}),
        };
        removal.set(CLIENT_DATA, Value::Null);
        elevenlabs
            .update_agent(agent.id(), agent.branch.as_ref(), &removal.body)
            .await?;
    }
    elevenlabs
        .update_agent(agent.id(), agent.branch.as_ref(), &change.body)
        .await?;
    let updated = elevenlabs.agent(agent.id(), agent.branch.as_ref()).await?;
    let remaining = patch(&updated, desired, ids, current).changes;
    if remaining.is_empty() {
        return Ok(());
    }
    Err(ElevenLabsError::NotApplied {
        what: format!("the {}", agent.describe()),
        fields: remaining.join("; "),
    }
    .into())
}

/// The resources that the agents of a deployment share, by id.
#[derive(Default)]
struct SharedResources {
    tools: Vec<(AgentTool, String)>,
    webhook: Option<String>,
    secrets: Vec<String>,
}

impl SharedResources {
    fn select(desired: &DesiredSetup, current: &CurrentSetup, ids: &ResourceIds) -> Self {
        let filled = |id: &String| Some(id.clone()).filter(|id| !id.is_empty());
        let existing = ids.tools.iter().filter(|(_, id)| !id.is_empty());
        // Also select a webhook to the same URL whose secret is lost, because it is useless.
        let post_call = desired.url("post-call");
        let prefix = format!("{} post-call ", desired.name);
        let by_name = current
            .webhooks
            .iter()
            .find(|webhook| webhook.posts_to(&post_call) && webhook.name.starts_with(&prefix));
        Self {
            tools: existing.cloned().collect(),
            webhook: filled(&ids.webhook)
                .or_else(|| by_name.map(|webhook| webhook.webhook_id.clone())),
            secrets: current
                .secrets
                .iter()
                .map(|secret| secret.secret_id.clone())
                .collect(),
        }
    }

    fn describe(&self) -> Vec<String> {
        let tools = self
            .tools
            .iter()
            .map(|(tool, _)| format!("delete the tool {}", tool.name()));
        let webhook = self
            .webhook
            .iter()
            .map(|_| "delete the post-call webhook".to_owned());
        tools
            .chain(webhook)
            .chain(
                self.secrets
                    .iter()
                    .map(|_| "delete the workspace secret".to_owned()),
            )
            .collect()
    }

    /// Deletes the resources, the secret last because the tool refers to it.
    async fn delete(&self, elevenlabs: &ElevenLabs) -> Result<(), Failure> {
        for (_, tool) in &self.tools {
            elevenlabs.delete_tool(tool).await?;
        }
        if let Some(webhook) = &self.webhook {
            elevenlabs.delete_webhook(webhook).await?;
        }
        for secret in &self.secrets {
            elevenlabs.delete_secret(secret).await?;
        }
        Ok(())
    }
}
