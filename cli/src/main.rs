//! `elaaoms`: the operator's command-line tool.
//!
//! Each of the [`commands`] has its own module with its `Arguments` and a `run` function that
//! returns a [`CommandOutput`](terminal::CommandOutput). They share the process [`context`], the
//! [`deployment`] that a command works on, the [`terminal`] and the [`audit`] trail.
//!
//! Secrets come from the environment, `.env`, the data folder, Secrets Manager or a prompt, under
//! the names of the settings. They are never command-line arguments, because those appear in the
//! process list and the shell history.

mod audit;
mod aws;
mod commands;
mod context;
mod deployment;
mod elevenlabs;
mod erasing;
mod error;
mod files;
mod input;
mod memory_server;
mod terminal;
mod tombstone;
mod webhook;

use std::process::ExitCode;

use clap::Parser;

use commands::Command;
use error::Failure;
use terminal::{CommandOutput, Format, TerminalError};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let command = Command::parse();
    common::machine::create_for_owner_only();
    let result = commands::run(&command.task).await;
    match result.and_then(|output| print(&output, command.output)) {
        Ok(code) => code,
        Err(failure) => {
            terminal::report(&failure);
            failure.exit_code()
        }
    }
}

fn print(output: &CommandOutput, format: Format) -> Result<ExitCode, Failure> {
    output.print(format).map_err(TerminalError::Output)?;
    Ok(output.exit_code())
}
