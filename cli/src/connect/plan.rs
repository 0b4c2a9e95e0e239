//! The steps from what is there to what is wanted, and how each is carried out.

use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::agent::{CLIENT_DATA, Ids, WEBHOOKS, patch};
use super::found::Found;
use super::{Wanted, names, notes, tool};
use crate::elevenlabs::{Agent, Branch, ElevenLabs, ElevenLabsError, Tool, is_same_address};
use crate::failure::Failure;

/// What is to be done.
pub(super) struct Plan {
    pub(super) steps: Vec<Step>,
    /// What of another service would be replaced, in words.
    pub(super) taken: Vec<String>,
    pub(super) lines: Vec<String>,
    /// What connect leaves as it is, and should be looked at.
    pub(super) notes: Vec<String>,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    MakeKey,
    MakeSecret,
    RenewSecret { id: String },
    DropWebhook { id: String },
    MakeWebhook,
    SwitchOnWebhook { id: String, name: String },
    MakeTool,
    ChangeTool { id: String },
    ChangeAgent { id: String, branch: Option<Branch> },
}

impl Plan {
    /// Compares. Fills in the ids of what is there already, and leaves out what is as it should be.
    pub(super) fn new(wanted: &Wanted, found: &Found, agents: &[Agent]) -> Self {
        let (ids, steps) = shared(wanted, found);
        let others = found
            .tools
            .iter()
            .map(|tool| tool.id.clone())
            .filter(|id| *id != ids.tool)
            .collect::<Vec<_>>();
        let mut plan = Self {
            steps,
            taken: Vec::new(),
            lines: Vec::new(),
            notes: Vec::new(),
        };
        plan.lines = plan.steps.iter().map(|step| step.told(wanted)).collect();
        for agent in agents {
            let of_agent = |what: String| format!("{what} of {}", agent.told());
            plan.taken
                .extend(taken(wanted, found, agent, &ids).into_iter().map(of_agent));
            plan.notes.extend(notes::of(agent, wanted));
            let patch = patch(agent, wanted, &ids, &others);
            if !patch.changes.is_empty() {
                plan.steps.push(Step::ChangeAgent {
                    id: agent.id().to_owned(),
                    branch: agent.branch.clone(),
                });
                plan.lines.push(format!("change the {}:", agent.told()));
                plan.lines
                    .extend(patch.changes.iter().map(|change| format!("    {change}")));
            }
        }
        plan
    }

    pub(super) fn told(&self) -> String {
        self.lines
            .iter()
            .map(|line| format!("  {line}\n"))
            .collect::<String>()
            + &self.told_notes()
    }

    pub(super) fn told_notes(&self) -> String {
        self.notes
            .iter()
            .map(|note| format!("  look: {note}\n"))
            .collect()
    }
}

/// What is shared by the agents of a deployment: the ids of what is there, and steps to what is
/// not.
pub(super) fn shared(wanted: &Wanted, found: &Found) -> (Ids, Vec<Step>) {
    let mut steps = Vec::new();
    let secret = secret(wanted, found, &mut steps);
    let webhook = webhook(wanted, found, &mut steps);
    let url = wanted.url("search-memory");
    let ours = |tool: &&Tool| {
        is_same_address(tool.url(), url.as_str()) || tool.secret_id() == Some(secret.as_str())
    };
    let tool = match found.tools.iter().find(ours) {
        None => {
            steps.push(Step::MakeTool);
            String::new()
        }
        Some(found) => {
            if tool::corrected(&found.tool_config, &url, &secret, wanted.trusts_user_id).is_some() {
                steps.push(Step::ChangeTool {
                    id: found.id.clone(),
                });
            }
            found.id.clone()
        }
    };
    let ours = found.webhooks.iter().filter(|webhook| {
        webhook
            .name
            .starts_with(&names::webhook_prefix(&wanted.name))
    });
    let our_webhooks = ours.map(|webhook| webhook.webhook_id.clone()).collect();
    (
        Ids {
            secret,
            webhook,
            tool,
            our_webhooks,
        },
        steps,
    )
}

fn secret(wanted: &Wanted, found: &Found, steps: &mut Vec<Step>) -> String {
    if found.key.is_none() {
        steps.push(Step::MakeKey);
    }
    let name = found
        .key
        .as_ref()
        .map(|key| names::secret(&wanted.name, key));
    let Some(stored) = found.secrets.first() else {
        steps.push(Step::MakeSecret);
        return String::new();
    };
    if name.is_none_or(|name| name != stored.name) {
        steps.push(Step::RenewSecret {
            id: stored.secret_id.clone(),
        });
    }
    stored.secret_id.clone()
}

/// A webhook counts when its name says that the deployment has its secret.
fn webhook(wanted: &Wanted, found: &Found, steps: &mut Vec<Step>) -> String {
    let url = wanted.url("post-call");
    let known: Vec<String> = found
        .signing
        .iter()
        .map(|secret| names::webhook(&wanted.name, secret))
        .collect();
    let unfinished = names::unfinished_webhook(&wanted.name);
    let lost = found
        .webhooks
        .iter()
        .filter(|webhook| webhook.name == unfinished);
    steps.extend(lost.map(|webhook| Step::DropWebhook {
        id: webhook.webhook_id.clone(),
    }));
    let Some(ours) = found
        .webhooks
        .iter()
        .find(|webhook| webhook.posts_to(&url) && known.contains(&webhook.name))
    else {
        steps.push(Step::MakeWebhook);
        return String::new();
    };
    if ours.is_off() || ours.retry_enabled == Some(false) {
        steps.push(Step::SwitchOnWebhook {
            id: ours.webhook_id.clone(),
            name: ours.name.clone(),
        });
    }
    ours.webhook_id.clone()
}

/// Webhooks of the agent that belong to something else. One that the list of webhooks does not show
/// is not known to be ours.
fn taken(wanted: &Wanted, found: &Found, agent: &Agent, ids: &Ids) -> Vec<String> {
    let at = |pointer: &str| agent.at(pointer).and_then(serde_json::Value::as_str);
    let has_our_secret = at(&format!(
        "{CLIENT_DATA}/request_headers/x-api-key/secret_id"
    )) == Some(ids.secret.as_str());
    let client_data = at(&format!("{CLIENT_DATA}/url"))
        .filter(|url| !is_same_address(url, wanted.url("client-data").as_str()) && !has_our_secret)
        .map(|url| format!("the conversation initiation webhook {url}"));
    let post_call = at(&format!("{WEBHOOKS}/post_call_webhook_id"))
        .filter(|id| *id != ids.webhook && !ids.our_webhooks.iter().any(|own| own == id))
        .map(|id| {
            match found
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
    fn told(&self, wanted: &Wanted) -> String {
        let file = &wanted.storage;
        match self {
            Self::MakeKey => format!("make WEBHOOK_API_KEY and write it to {file}"),
            Self::MakeSecret => "keep WEBHOOK_API_KEY as a secret of the workspace".to_owned(),
            Self::RenewSecret { .. } => {
                "give the secret of the workspace today's WEBHOOK_API_KEY".to_owned()
            }
            Self::DropWebhook { .. } => {
                "delete a webhook that an earlier run left half made".to_owned()
            }
            Self::MakeWebhook => {
                format!(
                    "make a post-call webhook to {} with retries, its secret into {file}",
                    wanted.url("post-call")
                )
            }
            Self::SwitchOnWebhook { .. } => {
                "switch the post-call webhook on, with retries".to_owned()
            }
            Self::MakeTool => format!(
                "make the tool {} to {}",
                tool::NAME,
                wanted.url("search-memory")
            ),
            Self::ChangeTool { .. } => format!("correct the tool {}", tool::NAME),
            Self::ChangeAgent { id, .. } => format!("change the agent {id}"),
        }
    }

    pub(super) async fn carry_out(
        self,
        elevenlabs: &ElevenLabs,
        wanted: &Wanted,
        found: &mut Found,
    ) -> Result<(), Failure> {
        match self {
            Self::MakeKey => found.key = Some(make_key(wanted).await?),
            Self::MakeSecret => {
                let key = found.key()?;
                elevenlabs
                    .make_secret(&names::secret(&wanted.name, &key), &key)
                    .await?;
            }
            Self::RenewSecret { id } => {
                let key = found.key()?;
                elevenlabs
                    .renew_secret(&id, &names::secret(&wanted.name, &key), &key)
                    .await?;
            }
            Self::DropWebhook { id } => elevenlabs.delete_webhook(&id).await?,
            Self::MakeWebhook => make_webhook(elevenlabs, wanted, found).await?,
            Self::SwitchOnWebhook { id, name } => elevenlabs.switch_on_webhook(&id, &name).await?,
            Self::MakeTool => {
                let secret = Found::read(elevenlabs, wanted).await?;
                let (ids, _) = shared(wanted, &secret);
                elevenlabs
                    .make_tool(&tool::config(
                        &wanted.url("search-memory"),
                        &ids.secret,
                        wanted.trusts_user_id,
                    ))
                    .await?;
            }
            Self::ChangeTool { id } => change_tool(elevenlabs, wanted, &id).await?,
            Self::ChangeAgent { id, branch } => {
                change_agent(elevenlabs, wanted, &id, branch.as_ref()).await?
            }
        }
        Ok(())
    }
}

impl Found {
    fn key(&self) -> Result<SecretString, Failure> {
        self.key
            .clone()
            .ok_or(Failure::MissingSecret("WEBHOOK_API_KEY"))
    }
}

async fn make_key(wanted: &Wanted) -> Result<SecretString, Failure> {
    let key = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    wanted.storage.write("WEBHOOK_API_KEY", &key).await?;
    Ok(key.into())
}

/// Its name is the last to be set: it says that the secret is stored and retries are on.
async fn make_webhook(
    elevenlabs: &ElevenLabs,
    wanted: &Wanted,
    found: &mut Found,
) -> Result<(), Failure> {
    let unfinished = names::unfinished_webhook(&wanted.name);
    let (id, secret) = elevenlabs
        .make_webhook(&unfinished, &wanted.url("post-call"))
        .await?;
    // Those that are there stay: another agent's calls may be signed with them.
    let all: Vec<&str> = std::iter::once(&secret)
        .chain(&found.signing)
        .map(ExposeSecret::expose_secret)
        .collect();
    wanted
        .storage
        .write("ELEVENLABS_POST_CALL_HMAC_KEY", &all.join(","))
        .await?;
    elevenlabs
        .switch_on_webhook(&id, &names::webhook(&wanted.name, &secret))
        .await?;
    Ok(())
}

async fn change_tool(elevenlabs: &ElevenLabs, wanted: &Wanted, id: &str) -> Result<(), Failure> {
    let found = Found::read(elevenlabs, wanted).await?;
    let (ids, _) = shared(wanted, &found);
    let tool = found.tools.iter().find(|tool| tool.id == id);
    let url = wanted.url("search-memory");
    let config = tool.and_then(|tool| {
        tool::corrected(&tool.tool_config, &url, &ids.secret, wanted.trusts_user_id)
    });
    if let Some(config) = config {
        elevenlabs.change_tool(id, &config).await?;
    }
    Ok(())
}

/// Everything is read again before, because lists are replaced as they are sent, and after, to see
/// whether it was taken.
async fn change_agent(
    elevenlabs: &ElevenLabs,
    wanted: &Wanted,
    id: &str,
    branch: Option<&Branch>,
) -> Result<(), Failure> {
    let changes = async || -> Result<_, Failure> {
        let mut found = Found::read(elevenlabs, wanted).await?;
        found.ids = shared(wanted, &found).0;
        let agent = elevenlabs.agent(id, branch).await?;
        Ok((
            agent.told(),
            patch(&agent, wanted, &found.ids, &found.other_tools()),
        ))
    };
    elevenlabs
        .change_agent(id, branch, &changes().await?.1.body)
        .await?;
    let (agent, left) = changes().await?;
    if left.changes.is_empty() {
        return Ok(());
    }
    Err(ElevenLabsError::NotTaken {
        what: format!("the {agent}"),
        fields: left.changes.join("; "),
    }
    .into())
}
