//! The command line.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Long-term memory for ElevenLabs voice agents, all in one process.
///
/// Serves the webhooks and /health, works finished calls off in the background, and runs an
/// OpenMemory of its own unless OPENMEMORY_API_URL is set. Settings come from the environment and
/// from .env; see .env.example.
#[derive(Debug, Parser)]
#[command(name = "elaaoms-local", version)]
pub struct Command {
    /// What to do; serves when nothing is said.
    #[command(subcommand)]
    pub task: Option<Task>,
    /// How to serve.
    #[command(flatten)]
    pub serve: Serve,
}

/// What to do instead of serving.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum Task {
    /// Plays the whole story against itself: a first call, its memories, a second call, a search, a
    /// stranger.
    ///
    /// Needs no account, no key and no network; leaves nothing behind.
    Demo,
    /// Asks a running one on this machine how it is; succeeds when calls can be served. For
    /// containers.
    Healthcheck,
}

/// How to serve.
#[derive(Debug, Clone, Args)]
pub struct Serve {
    /// Address to listen on [default: 127.0.0.1, or HOST]
    #[arg(long)]
    pub host: Option<IpAddr>,
    /// Port of the webhooks; 0 takes a free one [default: 8000, or PORT]
    #[arg(long)]
    pub port: Option<u16>,
    /// Port of the embedded OpenMemory; 0 takes a free one [default: 8080]
    #[arg(long)]
    pub openmemory_port: Option<u16>,
    /// Folder of payloads, records, queue and database
    #[arg(long, default_value = "./data")]
    pub data_dir: PathBuf,
}
