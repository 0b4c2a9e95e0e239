//! `elaaoms sign`: prints the signature header of a post-call webhook.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use crate::context::Context;
use crate::deployment::{Deployment, DeploymentArguments};
use crate::failure::Failure;
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

/// Reads a file, or standard input for `-`.
pub(crate) fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = match file.to_str() {
        Some("-") => std::io::stdin()
            .lock()
            .read_to_end(&mut bytes)
            .map(|_| bytes),
        _ => std::fs::read(file),
    };
    read.map_err(|error| Failure::Read {
        file: file.to_owned(),
        error,
    })
}
