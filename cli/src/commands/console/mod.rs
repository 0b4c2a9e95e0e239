//! `elaaoms console`: serves the console of a deployment to a browser on this machine.

mod backend;
mod jobs;

use std::borrow::Cow;
use std::io::{self, Write};
use std::sync::Arc;

use clap::Args;
use elaaoms_console::{RunningConsole, open_in_browser};

use crate::context::Context;
use crate::deployment::{Deployment, DeploymentArguments};
use crate::error::{CommandError, Failure, NEEDS_CORRECTION};
use crate::terminal::{CommandOutput, TerminalError, note};

/// The port of the console cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("could not listen on 127.0.0.1:{port}: {error}")]
struct PortInUse {
    port: u16,
    error: io::Error,
}

impl CommandError for PortInUse {
    fn advice(&self) -> Option<Cow<'static, str>> {
        Some("pass another --port, or none to choose a free one".into())
    }

    fn exit_code(&self) -> u8 {
        NEEDS_CORRECTION
    }
}

/// Show and correct memories in the browser
///
/// Prints a URL that opens the console once, opens it in the browser, and serves until Ctrl+C. Only
/// browsers on this machine reach it. Shows callers, their memories with the words that support
/// them, calls, the exact responses of the webhooks, the queue and /health. Numbers are masked.
/// Each access and each change is written to the audit trail.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms console
  elaaoms console --port 8700 --no-open
  elaaoms console --stage prod")]
pub(crate) struct Arguments {
    /// Port on 127.0.0.1; 0 chooses a free one
    #[arg(long, value_name = "N", default_value_t = 0)]
    port: u16,
    /// Do not open the browser
    #[arg(long)]
    no_open: bool,
    #[command(flatten)]
    deployment: DeploymentArguments,
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    let deployment = Deployment::find(&arguments.deployment, context).await?;
    let backend = backend::of(Arc::new(deployment)).await?;
    let port = arguments.port;
    let console = RunningConsole::start(backend, port)
        .await
        .map_err(|error| PortInUse { port, error })?;
    writeln!(io::stdout(), "{}", console.url()).map_err(TerminalError::Output)?;
    note("The URL opens the console once. Press Ctrl+C to end.");
    // The file must exist until the browser has read it.
    let _opened = (!arguments.no_open && context.is_interactive)
        .then(|| open_in_browser(console.url()))
        .transpose()
        .unwrap_or_else(|error| {
            note(format!("Could not open the browser: {error}"));
            None
        });
    console.serve().await;
    Ok(CommandOutput::empty())
}
