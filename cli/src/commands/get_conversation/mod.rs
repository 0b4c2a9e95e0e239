//! `elaaoms get-conversation`: fetches one conversation from ElevenLabs and prints it or delivers
//! it to the deployment.

use std::borrow::Cow;

use clap::Args;
use common::http_client;
use serde_json::{Value, json};
use url::Url;

use crate::context::Context;
use crate::deployment::{Deployment, DeploymentArguments};
use crate::elevenlabs::ElevenLabs;
use crate::error::{CommandError, Failure};
use crate::input::conversation_id;
use crate::terminal::CommandOutput;
use crate::tombstone;
use crate::webhook::{RefusedError, Webhook};

/// The call has no analysis yet.
#[derive(Debug, thiserror::Error)]
#[error("{0} has not ended or is not analysed yet")]
struct CallNotFinished(String);

impl CommandError for CallNotFinished {
    fn advice(&self) -> Option<Cow<'static, str>> {
        Some("try again in a minute".into())
    }
}

/// Fetch a conversation from ElevenLabs, and optionally deliver it to the deployment
///
/// Prints the conversation in the form of its post-call webhook. With --extract, signs it and posts
/// it to the deployment, as if the call had just ended. Use this for a call whose webhook was
/// missed. A call whose memories are already stored is not stored again. Needs ELEVENLABS_API_KEY.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms get-conversation conv_1 > call.json
  elaaoms get-conversation conv_1 --extract --stage prod")]
pub(crate) struct Arguments {
    /// ID of the conversation
    #[arg(value_name = "ID")]
    conversation: String,
    /// Post the conversation to the deployment instead of printing it
    #[arg(long)]
    extract: bool,
    /// Base URL to post to [default: the deployment's own]
    #[arg(long, value_name = "BASE")]
    url: Option<Url>,
    #[command(flatten)]
    deployment: DeploymentArguments,
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    let id = conversation_id(&arguments.conversation)?;
    let deployment = Deployment::find(&arguments.deployment, context).await?;
    let conversation = ElevenLabs::for_deployment(&deployment)?
        .conversation(&id)
        .await?;
    if !arguments.extract {
        let webhook = conversation.into_webhook();
        return Ok(CommandOutput::new(format!("{webhook:#}"), webhook));
    }
    if !conversation.is_finished() {
        return Err(CallNotFinished(id.to_string()).into());
    }
    let webhook = conversation.into_webhook();
    if tombstone::is_call_erased(&deployment, &webhook).await? {
        let text = format!("{id} was erased in this deployment; it was not delivered.");
        return Ok(CommandOutput::new(
            text,
            json!({"conversation_id": id.as_str(), "delivered": false, "erased": true}),
        ));
    }
    let base = arguments.url.clone().map_or_else(|| deployment.url(), Ok)?;
    deployment.check_key_transport(&base)?;
    deliver(&deployment, &base, &webhook).await?;
    Ok(CommandOutput::new(
        format!("{id} was delivered."),
        json!({"conversation_id": id.as_str(), "delivered": true}),
    ))
}

/// Posts a post-call webhook to the deployment, signed with the deployment's secret.
pub(crate) async fn deliver(
    deployment: &Deployment,
    base: &Url,
    webhook: &Value,
) -> Result<(), Failure> {
    let body = webhook.to_string().into_bytes();
    let context = &deployment.context;
    let (name, value) =
        Webhook::PostCall.auth_header(&body, context.now(), |name| deployment.secret(name))?;
    let request = context
        .http
        .post(Webhook::PostCall.url(base))
        .header("content-type", "application/json");
    // Retrying is safe: a webhook that arrives twice is stored as one call.
    let response = http_client::send_idempotent(request.header(name, value).body(body)).await?;
    if !response.status.is_success() {
        let message = String::from_utf8_lossy(response.body()).into_owned();
        return Err(RefusedError {
            status: response.status.as_u16(),
            reason: message,
        }
        .into());
    }
    Ok(())
}

#[cfg(test)]
mod tests;
