//! `elaaoms disconnect`: agents are taken off a deployment.
//!
//! Only what connect set is taken back, and only where it still is as connect set it: another
//! service's webhook and tools stay. What agents share (the tool, the webhook, the secret of the
//! workspace) stays unless --shared, and the deployment keeps its secrets: calls that ended before
//! are still delivered, and their signatures hold.

use clap::Args;
use serde_json::{Value, json};

use super::agent::{CLIENT_DATA, FIRST_MESSAGE, GREETING, Ids, PRESETS, Patch, WEBHOOKS};
use super::before::{self, Before, TOOLS};
use super::collection::{self, COLLECTION};
use super::found::Found;
use super::plan::shared;
use super::{Target, Wanted, Which, main_branches, read, wanted};
use crate::context::Context;
use crate::deployment::{Deployment, DeploymentArguments};
use crate::elevenlabs::{Agent, ElevenLabs, ElevenLabsError, PLACEHOLDERS, without_nulls};
use crate::failure::Failure;
use crate::terminal::{CommandOutput, Progress};

/// Take an ElevenLabs agent off a deployment
///
/// Takes back what connect did to the agent: its tool, its webhooks, its first message, and its
/// data collection items. Shows the plan and changes nothing without --yes. What is remembered
/// stays. Needs ELEVENLABS_API_KEY.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  # What would be done, and then do it
  elaaoms disconnect --agent agent_1 --url https://calls.example.com
  elaaoms disconnect --agent agent_1 --url https://calls.example.com --yes
  # Every agent of the workspace, and what they share
  elaaoms disconnect --workspace --stage prod --shared --yes")]
pub(crate) struct Arguments {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    target: Target,
    /// Delete the tool, the webhook and the secret as well; other agents lose them
    #[arg(long)]
    shared: bool,
    /// Carry the plan out
    #[arg(long, short = 'y')]
    yes: bool,
    #[command(flatten)]
    deployment: DeploymentArguments,
}

/// The plan, and whether it was carried out.
pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    let wanted = wanted(
        &arguments.target,
        None,
        Deployment::find(&arguments.deployment, context).await?,
    )?;
    let elevenlabs = ElevenLabs::of(&wanted.deployment)?;
    let agents = read(&elevenlabs, &arguments.which.ids(&elevenlabs).await?).await?;
    let found = Found::read(&elevenlabs, &wanted).await?;
    let (ids, _) = shared(&wanted, &found);
    let patches = agents
        .iter()
        .map(|agent| (agent, patch(agent, &wanted, &ids, &found)));
    let patches: Vec<(&Agent, Patch)> = patches
        .filter(|(_, patch)| !patch.changes.is_empty())
        .collect();
    let shared = if arguments.shared {
        Shared::of(&wanted, &found, &ids)
    } else {
        Shared::default()
    };
    let lines: Vec<String> = patches.iter().flat_map(told).chain(shared.told()).collect();
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
            format!("{shown}\nNothing was changed: repeat it with --yes."),
            data,
        ));
    }
    let progress = Progress::new(u64::try_from(patches.len()).ok(), "agents");
    for patch in &patches {
        change_agent(&elevenlabs, &wanted, patch, &ids, &found).await?;
        progress.step();
    }
    drop(progress);
    shared.delete(&elevenlabs).await?;
    Ok(CommandOutput::new(
        format!("{shown}\nDone. What is remembered stays."),
        data,
    ))
}

fn told((agent, patch): &(&Agent, Patch)) -> Vec<String> {
    let changes = patch.changes.iter().map(|change| format!("    {change}"));
    std::iter::once(format!("change the {}:", agent.told()))
        .chain(changes)
        .collect()
}

fn not_connected(agents: &[Agent]) -> String {
    match main_branches(agents).collect::<Vec<_>>()[..] {
        [agent] => format!("{} is not connected", agent.told()),
        ref agents => format!("none of {} agents is connected", agents.len()),
    }
}

/// What has to change at the agent: what connect set and nobody changed since is as it was before.
fn patch(agent: &Agent, wanted: &Wanted, ids: &Ids, found: &Found) -> Patch {
    let mut patch = Patch {
        changes: Vec::new(),
        body: json!({}),
    };
    let kept = Before::of(agent);
    let is_connected = before::is_connected(agent, wanted.url("client-data").as_str(), &ids.secret);
    let before = kept
        .clone()
        .unwrap_or_else(|| Before::of_earlier_version(agent, is_connected));
    if agent.tool_ids().contains(&ids.tool.as_str()) {
        let exists = |id: &str| found.tools.iter().any(|tool| tool.id == id);
        let tools = before::tools(agent, &before, &ids.tool, exists);
        patch.put(TOOLS, json!(tools), "take the tool search_memory off");
    }
    for (pointer, value) in before::restored(agent, &before, is_connected) {
        let words = words(&pointer, &value);
        patch.put(&pointer, value, &words);
    }
    if is_connected {
        let was = before.get(CLIENT_DATA).filter(|was| !was.is_null());
        let words = match was {
            Some(was) => format!(
                "conversation initiation webhook: {} again",
                was["url"].as_str().unwrap_or_default()
            ),
            None => "take the conversation initiation webhook off".to_owned(),
        };
        patch.put(CLIENT_DATA, was.map_or(Value::Null, without_nulls), &words);
    }
    post_call(&mut patch, agent, &before, ids);
    if let Some(items) = collection::without_ours(agent) {
        patch.put(COLLECTION, items, "take the data collection items off");
    }
    if kept.is_some() {
        patch.put(
            PLACEHOLDERS,
            before::placeholders(agent, &before),
            "what was kept of the settings of before",
        );
    }
    patch
}

fn words(pointer: &str, value: &Value) -> String {
    match pointer {
        FIRST_MESSAGE => format!("first message: {GREETING:?} becomes {value}"),
        PRESETS => "first messages of the language presets: as they were".to_owned(),
        super::agent::ENABLED => "no data is fetched when the phone rings".to_owned(),
        _ => "the first message may not be overridden".to_owned(),
    }
}

fn post_call(patch: &mut Patch, agent: &Agent, before: &Before, ids: &Ids) {
    let is_ours = agent
        .at(WEBHOOKS)
        .and_then(|webhooks| webhooks["post_call_webhook_id"].as_str());
    if is_ours.is_some_and(|id| id == ids.webhook || ids.our_webhooks.iter().any(|own| own == id)) {
        patch.put(
            WEBHOOKS,
            before::webhooks(agent, before),
            "take the post-call webhook off",
        );
    }
}

/// Changes it, and reads it again to see whether that was taken.
async fn change_agent(
    elevenlabs: &ElevenLabs,
    wanted: &Wanted,
    (agent, change): &(&Agent, Patch),
    ids: &Ids,
    found: &Found,
) -> Result<(), Failure> {
    // An API that merges what it is sent would leave our header in another service's webhook: it
    // goes first.
    if change
        .body
        .pointer(CLIENT_DATA)
        .is_some_and(Value::is_object)
    {
        let mut off = Patch {
            changes: Vec::new(),
            body: json!({}),
        };
        off.set(CLIENT_DATA, Value::Null);
        elevenlabs
            .change_agent(agent.id(), agent.branch.as_ref(), &off.body)
            .await?;
    }
    elevenlabs
        .change_agent(agent.id(), agent.branch.as_ref(), &change.body)
        .await?;
    let now = elevenlabs.agent(agent.id(), agent.branch.as_ref()).await?;
    let left = patch(&now, wanted, ids, found).changes;
    if left.is_empty() {
        return Ok(());
    }
    Err(ElevenLabsError::NotTaken {
        what: format!("the {}", agent.told()),
        fields: left.join("; "),
    }
    .into())
}

/// What the agents of a deployment share, by id.
#[derive(Default)]
struct Shared {
    tool: Option<String>,
    webhook: Option<String>,
    secrets: Vec<String>,
}

impl Shared {
    fn of(wanted: &Wanted, found: &Found, ids: &Ids) -> Self {
        let filled = |id: &String| Some(id.clone()).filter(|id| !id.is_empty());
        // A webhook to the same address whose secret is lost is of no use either.
        let post_call = wanted.url("post-call");
        let named = format!("{} post-call ", wanted.name);
        let by_name = found
            .webhooks
            .iter()
            .find(|webhook| webhook.posts_to(&post_call) && webhook.name.starts_with(&named));
        Self {
            tool: filled(&ids.tool),
            webhook: filled(&ids.webhook)
                .or_else(|| by_name.map(|webhook| webhook.webhook_id.clone())),
            secrets: found
                .secrets
                .iter()
                .map(|secret| secret.secret_id.clone())
                .collect(),
        }
    }

    fn told(&self) -> Vec<String> {
        let tool = self
            .tool
            .iter()
            .map(|_| "delete the tool search_memory".to_owned());
        let webhook = self
            .webhook
            .iter()
            .map(|_| "delete the post-call webhook".to_owned());
        tool.chain(webhook)
            .chain(
                self.secrets
                    .iter()
                    .map(|_| "delete the secret of the workspace".to_owned()),
            )
            .collect()
    }

    /// The secret last: the tool refers to it.
    async fn delete(&self, elevenlabs: &ElevenLabs) -> Result<(), Failure> {
        if let Some(tool) = &self.tool {
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
