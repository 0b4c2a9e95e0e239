//! The `openmemory` program: runs the memory service as one process.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use openmemory::{Command, StartError, is_healthy, serve};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    let command = Command::parse();
    // The database contains what callers said, so only this user may read new files.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    if command.is_check() {
        return if is_healthy(command.settings().listen()) {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        };
    }
    #[cfg(feature = "local-embeddings")]
    if let Some(pull) = command.pull() {
        return pull_model(pull).await;
    }
    let filter = EnvFilter::try_new(with_quiet_sdk(command.log_filter()))
        .unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    match run(&command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "openmemory failed to start");
            ExitCode::FAILURE
        }
    }
}

#[cfg(feature = "local-embeddings")]
async fn pull_model(pull: &openmemory::Pull) -> ExitCode {
    // An interrupted download removes what it wrote.
    let pulled = tokio::select! {
        pulled = openmemory::pull(pull, true) => pulled,
        _ = tokio::signal::ctrl_c() => return ExitCode::FAILURE,
    };
    match pulled {
        Ok(pulled) => {
            for file in pulled.unchecked {
                let _ = writeln!(
                    std::io::stderr(),
                    "The server sent no checksum for {file}; only its size was checked."
                );
            }
            let _ = writeln!(
                std::io::stdout(),
                "Downloaded {} ({}). Set:\nEMBEDDINGS=local\nEMBEDDING_MODEL={}",
                pull.name,
                pulled.revision,
                pulled.folder.display()
            );
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = writeln!(
                std::io::stderr(),
                "The model could not be downloaded: {error}"
            );
            ExitCode::FAILURE
        }
    }
}

async fn run(command: &Command) -> Result<(), StartError> {
    let settings = command.settings();
    if !settings.requires_api_key() && !settings.listen().ip().is_loopback() {
        tracing::warn!(
            "OPENMEMORY_API_KEY is not set: anyone who can reach this address can read every memory"
        );
    }
    let mut terminate = signal(SignalKind::terminate()).map_err(StartError::Listen)?;
    let server = serve(settings.with_table_scans(true)).await?;
    // The parent process may have closed the pipe. The service keeps running.
    let _ = writeln!(
        std::io::stdout(),
        "openmemory listens on http://{}",
        server.local_addr()
    );
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
    server.shutdown().await;
    Ok(())
}

/// Adds that the AWS SDK logs no details: its trace contains the items, and so what callers said.
fn with_quiet_sdk(filter: String) -> String {
    format!("{filter},aws_=info")
}
