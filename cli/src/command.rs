//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use url::Url;

use crate::webhook::Webhook;

/// The operator's command of ELAAOMS: long-term memory for ElevenLabs voice agents.
#[derive(Debug, Parser)]
#[command(name = "elaaoms", version)]
pub(crate) struct Command {
    #[command(subcommand)]
    pub(crate) task: Task,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Task {
    /// Print the ElevenLabs-Signature header for a file
    Sign(SignArguments),
    /// Print a fresh event for a function on Lambda; signatures go stale after half an hour
    Event(EventArguments),
    /// Sign a file and post it to a running deployment, as ElevenLabs would
    Send(SendArguments),
}

/// Signs with ELEVENLABS_POST_CALL_HMAC_KEY.
#[derive(Debug, Args)]
pub(crate) struct SignArguments {
    /// The body to sign
    pub(crate) file: PathBuf,
}

/// Proves itself with WEBHOOK_API_KEY or ELEVENLABS_POST_CALL_HMAC_KEY, whichever the function asks for.
#[derive(Debug, Args)]
pub(crate) struct EventArguments {
    /// The function that the event is for
    pub(crate) function: Function,
    /// The body; for extraction, the transcription of the call. Health takes none
    #[arg(long, value_name = "FILE", required_if_eq_any = [
        ("function", "post-call"), ("function", "client-data"), ("function", "search-memory"), ("function", "extraction"),
    ])]
    pub(crate) payload: Option<PathBuf>,
    /// Deliver the body in base64, as API Gateway does with what it takes for binary
    #[arg(long)]
    pub(crate) base64: bool,
}

/// Proves itself with WEBHOOK_API_KEY or ELEVENLABS_POST_CALL_HMAC_KEY, whichever the webhook asks for.
#[derive(Debug, Args)]
pub(crate) struct SendArguments {
    /// The body to send
    pub(crate) file: PathBuf,
    /// Base URL of the deployment, such as <http://127.0.0.1:8000>
    #[arg(long, value_name = "BASE")]
    pub(crate) url: Url,
    /// The webhook it goes to
    #[arg(long, value_enum, default_value_t = Webhook::PostCall)]
    pub(crate) to: Webhook,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Function {
    PostCall,
    ClientData,
    SearchMemory,
    Health,
    Extraction,
}
