//! `elaaoms get-conversation`: one conversation as ElevenLabs keeps it, and on request through the
//! deployment.

use clap::Args;
use common::call::ConversationId;
use common::http_client;
use serde_json::{Value, json};
use url::Url;

use crate::context::Context;
use crate::deployment::{Deployment, DeploymentArguments};
use crate::elevenlabs::ElevenLabs;
use crate::failure::Failure;
use crate::memories::tombstone;
use crate::terminal::CommandOutput;
use crate::webhook::Webhook;

/// Fetch a conversation from ElevenLabs, and on request have it remembered
///
/// Prints it as its post-call webhook would be. With --extract it is signed and posted to the
/// deployment, as if the call had just ended: for one that was missed. One that is remembered
/// already is not remembered twice. Needs ELEVENLABS_API_KEY.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms get-conversation conv_1 > call.json
  elaaoms get-conversation conv_1 --extract --stage prod")]
pub(crate) struct Arguments {
    /// The conversation
    #[arg(value_name = "ID")]
    conversation: String,
    /// Post it to the deployment instead of printing it
    #[arg(long)]
    extract: bool,
    /// Base URL of the deployment [default: that of the deployment]
    #[arg(long, value_name = "BASE")]
    url: Option<Url>,
    #[command(flatten)]
    deployment: DeploymentArguments,
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    let unread = |_| Failure::InvalidConversationId(arguments.conversation.clone());
    let id = ConversationId::parse(&arguments.conversation).map_err(unread)?;
    let deployment = Deployment::find(&arguments.deployment, context).await?;
    let conversation = ElevenLabs::for_deployment(&deployment)?
        .conversation(&id)
        .await?;
    if !arguments.extract {
        let webhook = conversation.into_webhook();
        return Ok(CommandOutput::new(format!("{webhook:#}"), webhook));
    }
    if !conversation.is_finished() {
        return Err(Failure::CallNotFinished(id.to_string()));
    }
    let webhook = conversation.into_webhook();
    if tombstone::covers(&deployment, &webhook).await? {
        let text = format!("{id} is erased in the deployment and stays so; nothing was delivered.");
        return Ok(CommandOutput::new(
            text,
            json!({"conversation_id": id.as_str(), "delivered": false, "erased": true}),
        ));
    }
    let base = arguments.url.clone().map_or_else(|| deployment.url(), Ok)?;
    deployment.may_send_key(&base)?;
    deliver(&deployment, &base, &webhook).await?;
    Ok(CommandOutput::new(
        format!("{id} was delivered."),
        json!({"conversation_id": id.as_str(), "delivered": true}),
    ))
}

/// Posts a webhook to the deployment, signed with its secret.
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
    // A webhook that arrives twice is the same call.
    let answer = http_client::send_idempotent(request.header(name, value).body(body)).await?;
    if !answer.status.is_success() {
        let said = String::from_utf8_lossy(answer.body()).into_owned();
        return Err(Failure::Refused(answer.status.as_u16(), said));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
