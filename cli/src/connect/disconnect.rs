//! `elaaoms disconnect`: agents are taken off a deployment.
//!
//! Only what connect set is taken back, and only where it still is as connect set it: another service's webhook and tools
//! stay. What agents share (the tool, the webhook, the secret of the workspace) stays unless --shared, and the deployment keeps
//! its secrets: calls that ended before are still delivered, and their signatures hold.

use clap::Args;
use serde_json::{Value, json};

use super::agent::{FIRST_MESSAGE, Ids, Patch};
use super::found::Found;
use super::plan::shared;
use super::{Target, Wanted, Which, read, wanted};
use crate::context::Context;
use crate::deployment::{Deployment, DeploymentArguments};
use crate::elevenlabs::{Agent, ElevenLabs, ElevenLabsError};
use crate::failure::Failure;
use crate::terminal::{Answer, Progress};

/// Take an ElevenLabs agent off a deployment
///
/// Takes back what connect did to the agent: its tool, its webhooks, and its first message. Shows the plan and changes nothing
/// without --yes. What is remembered stays. Needs ELEVENLABS_API_KEY.
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
pub(crate) async fn run(arguments: &Arguments, context: &Context) -> Result<Answer, Failure> {
    let wanted = wanted(&arguments.target, None, Deployment::find(&arguments.deployment, context).await?)?;
    let elevenlabs = ElevenLabs::of(&wanted.deployment)?;
    let agents = read(&elevenlabs, &arguments.which.ids(&elevenlabs).await?).await?;
    let found = Found::read(&elevenlabs, &wanted).await?;
    let (ids, _) = shared(&wanted, &found);
    let patches = agents.iter().map(|agent| (agent, patch(agent, &wanted, &ids)));
    let patches: Vec<(&Agent, Patch)> = patches.filter(|(_, patch)| !patch.changes.is_empty()).collect();
    let shared = if arguments.shared { Shared::of(&wanted, &found, &ids) } else { Shared::default() };
    let lines: Vec<String> = patches.iter().flat_map(told).chain(shared.told()).collect();
    let connected: Vec<&str> = agents.iter().map(Agent::id).collect();
    let data = json!({"agents": connected, "plan": lines, "done": arguments.yes || lines.is_empty()});
    if lines.is_empty() {
        return Ok(Answer::new(format!("{}: nothing to change.", not_connected(&agents)), data));
    }
    let shown: String = lines.iter().map(|line| format!("  {line}\n")).collect();
    if !arguments.yes {
        return Ok(Answer::new(format!("{shown}\nNothing was changed: repeat it with --yes."), data));
    }
    let progress = Progress::new(u64::try_from(patches.len()).ok(), "agents");
    for (agent, patch) in &patches {
        change_agent(&elevenlabs, &wanted, agent.id(), patch, &ids).await?;
        progress.step();
    }
    drop(progress);
    shared.delete(&elevenlabs).await?;
    Ok(Answer::new(format!("{shown}\nDone. What is remembered stays."), data))
}

fn told((agent, patch): &(&Agent, Patch)) -> Vec<String> {
    let changes = patch.changes.iter().map(|change| format!("    {change}"));
    std::iter::once(format!("change the {}:", agent.told())).chain(changes).collect()
}

fn not_connected(agents: &[Agent]) -> String {
    match agents {
        [agent] => format!("{} is not connected", agent.told()),
        agents => format!("none of {} agents is connected", agents.len()),
    }
}

/// What has to change at the agent.
fn patch(agent: &Agent, wanted: &Wanted, ids: &Ids) -> Patch {
    let mut patch = Patch { changes: Vec::new(), body: json!({}) };
    let has = agent.tool_ids();
    if has.contains(&ids.tool.as_str()) {
        let others: Vec<&str> = has.into_iter().filter(|id| *id != ids.tool).collect();
        patch.put("/conversation_config/agent/prompt/tool_ids", json!(others), "take the tool search_memory off");
    }
    if agent.first_message() == FIRST_MESSAGE {
        let own = agent.placeholder("greeting").and_then(Value::as_str).unwrap_or_default();
        let words = format!("first message: {FIRST_MESSAGE:?} becomes {own:?}");
        patch.put("/conversation_config/agent/first_message", json!(own), &words);
    }
    client_data(&mut patch, agent, wanted);
    post_call(&mut patch, agent, ids);
    patch
}

fn client_data(patch: &mut Patch, agent: &Agent, wanted: &Wanted) {
    let pointer = "/platform_settings/workspace_overrides/conversation_initiation_client_data_webhook";
    let url = agent.at(pointer).and_then(|webhook| webhook["url"].as_str());
    if url != Some(wanted.url("client-data").as_str()) {
        return;
    }
    patch.put(pointer, Value::Null, "take the conversation initiation webhook off");
    let overrides = "/platform_settings/overrides";
    let fetched = format!("{overrides}/enable_conversation_initiation_client_data_from_webhook");
    patch.put(&fetched, json!(false), "no data is fetched when the phone rings");
    let first = format!("{overrides}/conversation_config_override/agent/first_message");
    if agent.at(&first) == Some(&json!(true)) {
        patch.put(&first, json!(false), "the first message may not be overridden");
    }
}

fn post_call(patch: &mut Patch, agent: &Agent, ids: &Ids) {
    let pointer = "/platform_settings/workspace_overrides/webhooks";
    let mut webhooks = agent.at(pointer).cloned().unwrap_or_default();
    if !ids.webhook.is_empty() && webhooks["post_call_webhook_id"] == ids.webhook.as_str() {
        webhooks["post_call_webhook_id"] = Value::Null;
        patch.put(pointer, webhooks, "take the post-call webhook off");
    }
}

/// Changes it, and reads it again to see whether that was taken.
async fn change_agent(
    elevenlabs: &ElevenLabs,
    wanted: &Wanted,
    agent: &str,
    change: &Patch,
    ids: &Ids,
) -> Result<(), Failure> {
    elevenlabs.change_agent(agent, &change.body).await?;
    let left = patch(&elevenlabs.agent(agent).await?, wanted, ids).changes;
    if left.is_empty() {
        return Ok(());
    }
    Err(ElevenLabsError::NotTaken { what: format!("the agent {agent}"), fields: left.join("; ") }.into())
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
        let by_name =
            found.webhooks.iter().find(|webhook| webhook.posts_to(&post_call) && webhook.name.starts_with(&named));
        Self {
            tool: filled(&ids.tool),
            webhook: filled(&ids.webhook).or_else(|| by_name.map(|webhook| webhook.webhook_id.clone())),
            secrets: found.secrets.iter().map(|secret| secret.secret_id.clone()).collect(),
        }
    }

    fn told(&self) -> Vec<String> {
        let tool = self.tool.iter().map(|_| "delete the tool search_memory".to_owned());
        let webhook = self.webhook.iter().map(|_| "delete the post-call webhook".to_owned());
        tool.chain(webhook)
            .chain(self.secrets.iter().map(|_| "delete the secret of the workspace".to_owned()))
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
