//! `elaaoms-local`: the complete system in one process.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use common::settings::dotenv::DotenvError;
use common::telemetry::{self, LogFormat};
use elaaoms_local::command::{Command, Task};
use elaaoms_local::{Environment, Options, System, demo, healthcheck};
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> ExitCode {
    let command = Command::parse();
    common::machine::create_for_owner_only();
    let result = match command.task {
        Some(Task::Demo { console }) => demo::run(console).await.map_err(Into::into),
        Some(Task::Healthcheck) => healthcheck(&command).await,
        None => serve(&command).await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("elaaoms-local: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn healthcheck(command: &Command) -> Result<(), Box<dyn std::error::Error>> {
    let environment = environment()?;
    healthcheck::run(command.serve.host, command.serve.port, &environment)
        .await
        .map_err(Into::into)
}

fn environment() -> Result<Environment, DotenvError> {
    Environment::of_process(Path::new(".env"))
}

async fn serve(command: &Command) -> Result<(), Box<dyn std::error::Error>> {
    let environment = environment()?;
    let format = if std::io::stderr().is_terminal() {
        LogFormat::Terminal
    } else {
        LogFormat::Json
    };
    telemetry::init(format, |name| environment.get(name));
    let serve = &command.serve;
    let options = Options {
        host: serve.host,
        port: serve.port,
        openmemory_port: serve.openmemory_port,
        data_dir: serve.data_dir.clone(),
    };
    for line in environment.redirections() {
        tracing::warn!("{line}");
    }
    let mut system = System::start(&options, environment).await?;
    print(&system.describe());
    let console = match serve.console {
        true => Some(system.start_console().await?),
        false => None,
    };
    if let Some(console) = &console {
        print("This URL opens the console once:");
        print(console.url());
    }
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        failed = system.failed() => failed?,
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
    print("Stopping: running jobs are finished; waiting ones resume after the next start.");
    if let Some(console) = console {
        console.stop().await;
    }
    system.stop().await;
    Ok(())
}

/// Prints a line. Ignores errors: standard output may be closed, which must not end the process
/// before running jobs are finished.
fn print(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
