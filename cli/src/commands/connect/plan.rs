//! The steps that lead from the current to the desired setup, and how each is carried out.

use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::agent::{AgentPatch, ResourceIds, patch};
use super::current::CurrentSetup;
use super::desired::DesiredSetup;
use super::fields::{CLIENT_DATA, WEBHOOKS};
use super::tool::AgentTool;
use super::{names, notes};
use crate::deployment::DeploymentError;
use crate::elevenlabs::{Agent, Branch, ElevenLabs, ElevenLabsError, Tool, is_same_url};
use crate::error::Failure;

/// The steps to carry out, and how they are described to the operator.
pub(super) struct Plan {
    pub(super) steps: Vec<Step>,
    /// Settings of another service that would be replaced.
    pub(super) conflicts: Vec<String>,
    pub(super) lines: Vec<String>,
    /// Settings that connect does not change but that need attention.
    pub(super) notes: Vec<String>,
}

/// One change at ElevenLabs or in the secrets of the deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    GenerateKey,
    CreateSecret,
    UpdateSecret { id: String },
    DeleteWebhook { id: String },
    CreateWebhook,
    EnableWebhook { id: String, name: String },
    CreateTool(AgentTool),
    UpdateTool { tool: AgentTool, id: String },
    UpdateAgent { id: String, branch: Option<Branch> },
}

impl Plan {
    /// Compares the current with the desired setup, and plans a step for everything that is missing
    /// or different.
    pub(super) fn new(desired: &DesiredSetup, current: &CurrentSetup, agents: &[Agent]) -> Self {
        let (ids, steps) = shared_resources(desired, current);
        let other_tools = current.other_tools(desired, &ids);
        let mut plan = Self {
            steps,
            conflicts: Vec::new(),
            lines: Vec::new(),
            notes: Vec::new(),
        };
        plan.lines = plan
            .steps
            .iter()
            .map(|step| step.describe(desired))
            .collect();
        for agent in agents {
            for conflict in conflicts(desired, current, agent, &ids) {
                plan.conflicts
                    .push(format!("{conflict} of {}", agent.describe()));
            }
            plan.notes.extend(notes::for_agent(agent, desired));
            let patch = patch(agent, desired, &ids, &other_tools);
            if !patch.changes.is_empty() {
                plan.steps.push(Step::UpdateAgent {
                    id: agent.id().to_owned(),
                    branch: agent.branch.clone(),
                });
                plan.lines.push(format!("update the {}:", agent.describe()));
                plan.lines
                    .extend(patch.changes.iter().map(|change| format!("    {change}")));
            }
        }
        plan
    }

    pub(super) fn describe(&self) -> String {
        self.lines
            .iter()
            .map(|line| format!("  {line}\n"))
            .collect::<String>()
            + &self.describe_notes()
    }

    pub(super) fn describe_notes(&self) -> String {
        self.notes
            .iter()
            .map(|note| format!("  note: {note}\n"))
            .collect()
    }
}

/// Returns the ids of the existing resources that agents share, and the steps that create or
/// correct the others.
pub(super) fn shared_resources(
    desired: &DesiredSetup,
    current: &CurrentSetup,
) -> (ResourceIds, Vec<Step>) {
    let mut steps = Vec::new();
    let secret = shared_secret(desired, current, &mut steps);
    let webhook = shared_webhook(desired, current, &mut steps);
    let tools = AgentTool::ALL
        .into_iter()
        .filter_map(|tool| {
            Some((
                tool,
                shared_tool(tool, desired, current, &secret, &mut steps)?,
            ))
        })
        .collect();
    let ours = current.webhooks.iter().filter(|webhook| {
        webhook
            .name
            .starts_with(&names::webhook_prefix(&desired.name))
    });
    let our_webhooks = ours.map(|webhook| webhook.webhook_id.clone()).collect();
    (
        ResourceIds {
            secret,
            webhook,
            tools,
            our_webhooks,
        },
        steps,
    )
}

/// Returns the id of our tool; empty if it is desired and does not exist yet. A tool that is not
/// desired is found too, so that disconnect can remove it.
fn shared_tool(
    tool: AgentTool,
    desired: &DesiredSetup,
    current: &CurrentSetup,
    secret: &str,
    steps: &mut Vec<Step>,
) -> Option<String> {
    let is_desired = desired.tools().any(|desired| desired == tool);
    let Some(existing) = our_tool(tool, desired, current, secret) else {
        if is_desired {
            steps.push(Step::CreateTool(tool));
        }
        return is_desired.then(String::new);
    };
    let corrected = tool.corrected(&existing.tool_config, desired, secret);
    if is_desired && corrected.is_some() {
        steps.push(Step::UpdateTool {
            tool,
            id: existing.id.clone(),
        });
    }
    Some(existing.id.clone())
}

fn our_tool<'a>(
    tool: AgentTool,
    desired: &DesiredSetup,
    current: &'a CurrentSetup,
    secret: &str,
) -> Option<&'a Tool> {
    let url = tool.url(desired);
    let mut named = current.tools.iter().filter(|one| one.name() == tool.name());
    named.find(|one| is_same_url(one.url(), url.as_str()) || one.secret_id() == Some(secret))
}

fn shared_secret(desired: &DesiredSetup, current: &CurrentSetup, steps: &mut Vec<Step>) -> String {
    if current.key.is_none() {
        steps.push(Step::GenerateKey);
    }
    let name = current
        .key
        .as_ref()
        .map(|key| names::secret(&desired.name, key));
    let Some(stored) = current.secrets.first() else {
        steps.push(Step::CreateSecret);
        return String::new();
    };
    if name.is_none_or(|name| name != stored.name) {
        steps.push(Step::UpdateSecret {
            id: stored.secret_id.clone(),
        });
    }
    stored.secret_id.clone()
}

/// Returns the id of our webhook. Its name must show that the deployment has its secret.
fn shared_webhook(desired: &DesiredSetup, current: &CurrentSetup, steps: &mut Vec<Step>) -> String {
    let url = desired.url("post-call");
    let trusted_names: Vec<String> = current
        .signing_secrets
        .iter()
        .map(|secret| names::webhook(&desired.name, secret))
        .collect();
    let unfinished = names::unfinished_webhook(&desired.name);
    let abandoned = current
        .webhooks
        .iter()
        .filter(|webhook| webhook.name == unfinished);
    steps.extend(abandoned.map(|webhook| Step::DeleteWebhook {
        id: webhook.webhook_id.clone(),
    }));
    let Some(ours) = current
        .webhooks
        .iter()
        .find(|webhook| webhook.posts_to(&url) && trusted_names.contains(&webhook.name))
    else {
        steps.push(Step::CreateWebhook);
        return String::new();
    };
    if ours.is_off() || ours.retry_enabled == Some(false) {
        steps.push(Step::EnableWebhook {
            id: ours.webhook_id.clone(),
            name: ours.name.clone(),
        });
    }
    ours.webhook_id.clone()
}

/// Returns the webhooks of the agent that belong to another service. A webhook that the API does
/// not list is not known to be ours.
fn conflicts(
    desired: &DesiredSetup,
    current: &CurrentSetup,
    agent: &Agent,
    ids: &ResourceIds,
) -> Vec<String> {
    let setting = |pointer: &str| agent.setting(pointer).and_then(serde_json::Value::as_str);
    let has_our_secret = setting(&format!(
        "{CLIENT_DATA}/request_headers/x-api-key/secret_id"
    )) == Some(ids.secret.as_str());
    let client_data = setting(&format!("{CLIENT_DATA}/url"))
        .filter(|url| !is_same_url(url, desired.url("client-data").as_str()) && !has_our_secret)
        .map(|url| format!("the conversation initiation webhook {url}"));
    let post_call = setting(&format!("{WEBHOOKS}/post_call_webhook_id"))
        .filter(|id| *id != ids.webhook && !ids.our_webhooks.iter().any(|own| own == id))
        .map(|id| {
            match current
                .webhooks
                .iter()
                .find(|webhook| webhook.webhook_id == id)
            {
                Some(webhook) => format!(
                    "the post-call webhook {} ({})",
                    webhook.name, webhook.webhook_url
                ),
                None => {
                    format!("the post-call webhook {id}, which the list of webhooks does not show,")
                }
            }
        });
    client_data.into_iter().chain(post_call).collect()
}

impl Step {
    fn describe(&self, desired: &DesiredSetup) -> String {
        let storage = &desired.storage;
        match self {
            Self::GenerateKey => format!("generate WEBHOOK_API_KEY and write it to {storage}"),
            Self::CreateSecret => "store WEBHOOK_API_KEY as a workspace secret".to_owned(),
            Self::UpdateSecret { .. } => {
                "update the workspace secret to the current WEBHOOK_API_KEY".to_owned()
            }
            Self::DeleteWebhook { .. } => {
                "delete an unfinished webhook of an earlier run".to_owned()
            }
            Self::CreateWebhook => {
                format!(
                    "create a post-call webhook to {} with retries, and write its secret to {storage}",
                    desired.url("post-call")
                )
            }
            Self::EnableWebhook { .. } => "enable the post-call webhook, with retries".to_owned(),
            Self::CreateTool(tool) => {
                format!("create the tool {} for {}", tool.name(), tool.url(desired))
            }
            Self::UpdateTool { tool, .. } => format!("update the tool {}", tool.name()),
            Self::UpdateAgent { id, .. } => format!("update the agent {id}"),
        }
    }

    pub(super) async fn carry_out(
        self,
        elevenlabs: &ElevenLabs,
        desired: &DesiredSetup,
        current: &mut CurrentSetup,
    ) -> Result<(), Failure> {
        match self {
            Self::GenerateKey => current.key = Some(generate_key(desired).await?),
            Self::CreateSecret => {
                let key = current.key()?;
                elevenlabs
                    .create_secret(&names::secret(&desired.name, &key), &key)
                    .await?;
            }
            Self::UpdateSecret { id } => {
                let key = current.key()?;
                elevenlabs
                    .update_secret(&id, &names::secret(&desired.name, &key), &key)
                    .await?;
            }
            Self::DeleteWebhook { id } => elevenlabs.delete_webhook(&id).await?,
            Self::CreateWebhook => create_webhook(elevenlabs, desired, current).await?,
            Self::EnableWebhook { id, name } => elevenlabs.enable_webhook(&id, &name).await?,
            Self::CreateTool(tool) => {
                let current = CurrentSetup::read(elevenlabs, desired).await?;
                let (ids, _) = shared_resources(desired, &current);
                let config = tool.config(desired, &ids.secret);
                elevenlabs.create_tool(&config).await?;
            }
            Self::UpdateTool { tool, id } => update_tool(elevenlabs, desired, tool, &id).await?,
            Self::UpdateAgent { id, branch } => {
                update_agent(elevenlabs, desired, &id, branch.as_ref()).await?
            }
        }
        Ok(())
    }
}

impl CurrentSetup {
    fn key(&self) -> Result<SecretString, Failure> {
        let key = self.key.clone();
        Ok(key.ok_or(DeploymentError::MissingSecret("WEBHOOK_API_KEY"))?)
    }
}

async fn generate_key(desired: &DesiredSetup) -> Result<SecretString, Failure> {
    let key = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    desired.storage.write("WEBHOOK_API_KEY", &key).await?;
    Ok(key.into())
}

/// Creates the post-call webhook and stores its secret. The final name is set last: it shows that
/// the secret is stored and retries are on.
async fn create_webhook(
    elevenlabs: &ElevenLabs,
    desired: &DesiredSetup,
    current: &mut CurrentSetup,
) -> Result<(), Failure> {
    let unfinished = names::unfinished_webhook(&desired.name);
    let (id, secret) = elevenlabs
        .create_webhook(&unfinished, &desired.url("post-call"))
        .await?;
    // Existing secrets stay: calls of another agent may be signed with them.
    let secrets: Vec<&str> = std::iter::once(&secret)
        .chain(&current.signing_secrets)
        .map(ExposeSecret::expose_secret)
        .collect();
    desired
        .storage
        .write("ELEVENLABS_POST_CALL_HMAC_KEY", &secrets.join(","))
        .await?;
    elevenlabs
        .enable_webhook(&id, &names::webhook(&desired.name, &secret))
        .await?;
    Ok(())
}

async fn update_tool(
    elevenlabs: &ElevenLabs,
    desired: &DesiredSetup,
    tool: AgentTool,
    id: &str,
) -> Result<(), Failure> {
    let current = CurrentSetup::read(elevenlabs, desired).await?;
    let (ids, _) = shared_resources(desired, &current);
    let existing = current.tools.iter().find(|existing| existing.id == id);
    let config =
        existing.and_then(|existing| tool.corrected(&existing.tool_config, desired, &ids.secret));
    if let Some(config) = config {
        elevenlabs.update_tool(id, &config).await?;
    }
    Ok(())
}

/// Updates an agent. Everything is read again first, because lists are replaced as sent, and
/// afterwards, to check that the change was applied.
async fn update_agent(
    elevenlabs: &ElevenLabs,
    desired: &DesiredSetup,
    id: &str,
    branch: Option<&Branch>,
) -> Result<(), Failure> {
    let (_, required) = agent_patch(elevenlabs, desired, id, branch).await?;
    elevenlabs.update_agent(id, branch, &required.body).await?;
    let (agent, remaining) = agent_patch(elevenlabs, desired, id, branch).await?;
    if remaining.changes.is_empty() {
        return Ok(());
    }
    Err(ElevenLabsError::NotApplied {
        what: format!("the {agent}"),
        fields: remaining.changes.join("; "),
    }
    .into())
}

/// Reads the agent and everything it refers to. Returns its description and the patch it needs.
async fn agent_patch(
    elevenlabs: &ElevenLabs,
    desired: &DesiredSetup,
    id: &str,
    branch: Option<&Branch>,
) -> Result<(String, AgentPatch), Failure> {
    let mut current = CurrentSetup::read(elevenlabs, desired).await?;
    current.ids = shared_resources(desired, &current).0;
    let agent = elevenlabs.agent(id, branch).await?;
    let patch = patch(
        &agent,
        desired,
        &current.ids,
        &current.other_tools(desired, &current.ids),
    );
    Ok((agent.describe(), patch))
}
