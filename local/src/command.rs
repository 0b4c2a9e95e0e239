//! The command-line interface.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Long-term memory for ElevenLabs voice agents, in one process
///
/// Serves the webhooks and /health, extracts memories from finished calls in the background, and
/// runs an embedded OpenMemory unless OPENMEMORY_API_URL is set. Reads settings from the
/// environment and from .env; see .env.example.
#[derive(Debug, Parser)]
#[command(name = "elaaoms-local", version)]
pub struct Command {
    /// The task; without one, the program serves.
    #[command(subcommand)]
    pub task: Option<Task>,
    /// Options for serving.
    #[command(flatten)]
    pub serve: Serve,
}

/// A task other than serving.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum Task {
    /// Run a demonstration: a first call, its memories, a second call, a search, an unknown caller
    ///
    /// Needs no account, no key and no network, and leaves no files behind.
    Demo {
        /// Then show what the demo stored in the browser, until Ctrl+C
        #[arg(long)]
        console: bool,
    },
    /// Check the health of the instance on this machine; for containers
    ///
    /// Succeeds if the instance can serve calls.
    Healthcheck,
}

/// Options for serving.
#[derive(Debug, Clone, Args)]
pub struct Serve {
    /// Address to listen on [default: 127.0.0.1, or HOST]
    #[arg(long)]
    pub host: Option<IpAddr>,
    /// Port of the webhooks; 0 chooses a free one [default: 8000, or PORT]
    #[arg(long)]
    pub port: Option<u16>,
    /// Port of the embedded OpenMemory; 0 chooses a free one [default: 8080]
    #[arg(long)]
    pub openmemory_port: Option<u16>,
    /// Also serve the console, which shows and corrects memories, to browsers on this machine
    #[arg(long)]
    pub console: bool,
    /// Folder for payloads, extraction records, queue and database
    #[arg(long, default_value = "./data")]
    pub data_dir: PathBuf,
}
