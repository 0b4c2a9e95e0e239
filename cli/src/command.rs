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
    /// Put conversations back into the queue, to be extracted
    ///
    /// Examples:
    ///   elaaoms replay --missing                 whatever is kept and was never extracted
    ///   elaaoms replay --dlq                     whatever was given up
    ///   elaaoms replay --since 2026-11-01 --redo  extract the calls of this month again, with today's model
    #[command(verbatim_doc_comment)]
    Replay(ReplayArguments),
}

/// On one machine from the data folder; on AWS with --bucket and --queue, and credentials from the environment.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("which").required(true).multiple(false))]
pub(crate) struct ReplayArguments {
    /// The conversations to put back
    #[arg(group = "which", value_name = "CONVERSATION")]
    pub(crate) conversations: Vec<String>,
    /// Everything that was given up
    #[arg(long, group = "which")]
    pub(crate) dlq: bool,
    /// Every call kept since this day or time (UTC)
    #[arg(long, group = "which", value_name = "DATE")]
    pub(crate) since: Option<String>,
    /// Every call that is kept and was never extracted
    #[arg(long, group = "which")]
    pub(crate) missing: bool,
    /// Extract again although it was done: the new memories take the place of the earlier ones
    #[arg(long, conflicts_with_all = ["dlq", "missing"])]
    pub(crate) redo: bool,
    /// Data folder of elaaoms-local
    #[arg(long, default_value = "./data", value_name = "DIR")]
    pub(crate) data_dir: PathBuf,
    /// Bucket of a deployment on AWS
    #[arg(long, env = "PAYLOAD_BUCKET", requires = "queue")]
    pub(crate) bucket: Option<String>,
    /// URL of its queue
    #[arg(long, env = "EXTRACTION_QUEUE_URL", value_name = "URL")]
    pub(crate) queue: Option<Url>,
    /// URL of its dead-letter queue, for --dlq
    #[arg(long, env = "DEAD_LETTER_QUEUE_URL", value_name = "URL")]
    pub(crate) dead_letter_queue: Option<Url>,
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
