//! `elaaoms`: the operator's command.
//!
//! Secrets are read from the environment or from `.env`, under the names of the settings, and never from arguments: those
//! stand in the list of processes and in the shell's history.

mod command;
mod event;
mod failure;
mod replay;
mod send;
mod sign;
mod webhook;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use common::settings::environment;
use jiff::Timestamp;

use command::{Command, Task};
use failure::Failure;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    // A missing .env is no failure: everything may come from the environment.
    let _ = dotenvy::dotenv();
    match run(Command::parse().task).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "elaaoms: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run(task: Task) -> Result<(), Failure> {
    let output = match task {
        Task::Sign(arguments) => sign::header(&arguments, now(), environment)?,
        Task::Event(arguments) => event::write(&arguments, now(), environment)?,
        Task::Replay(arguments) => replay::replay(&arguments, now(), environment).await?,
        Task::Send(arguments) => send::send(&arguments, now(), environment).await?,
    };
    writeln!(std::io::stdout(), "{output}").map_err(Failure::Output)
}

#[expect(clippy::disallowed_methods, reason = "the clock is read once, here")]
fn now() -> Timestamp {
    Timestamp::now()
}
