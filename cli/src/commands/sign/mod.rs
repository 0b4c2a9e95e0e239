//! `elaaoms sign`: prints the signature header of a post-call webhook.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::context::Context;
use crate::deployment::{Deployment, DeploymentArguments};
use crate::error::Failure;
use crate::files::read;
use crate::terminal::CommandOutput;
use crate::webhook::Webhook;

/// Print the ElevenLabs-Signature header for a file
///
/// Signs with ELEVENLABS_POST_CALL_HMAC_KEY and the current time. The signature expires after half
/// an hour.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms sign call.json
  curl http://127.0.0.1:8000/webhook/post-call \\
    -H \"$(elaaoms sign call.json)\" --data-binary @call.json")]
pub(crate) struct Arguments {
    /// File with the body to sign; - for standard input
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) deployment: DeploymentArguments,
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    let body = read(&arguments.file)?;
    let deployment = Deployment::find(&arguments.deployment, context).await?;
    let (name, value) =
        Webhook::PostCall.auth_header(&body, context.now(), |name| deployment.secret(name))?;
    Ok(CommandOutput::new(
        format!("{name}: {value}"),
        json!({"header": name, "value": value}),
    ))
}
