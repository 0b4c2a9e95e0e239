//! `elaaoms`: the operator's command-line tool.
//!
//! Each command has its own folder with its `Arguments` and a `run` function that returns a
//! [`CommandOutput`](terminal::CommandOutput). They share the process [`context`], the
//! [`deployment`] that a command works on, the [`terminal`] and the [`audit`] trail.
//!
//! Secrets come from the environment, `.env`, the data folder, Secrets Manager or a prompt, under
//! the names of the settings. They are never command-line arguments, because those appear in the
//! process list and the shell history.

mod audit;
mod backfill;
mod backup;
mod command;
mod completions;
mod connect;
mod context;
mod deployment;
mod doctor;
mod elevenlabs;
mod event;
mod failure;
mod get_conversation;
mod load;
mod man;
mod memories;
mod outbound;
mod replay;
mod send;
mod sign;
mod smoke;
mod terminal;
mod webhook;

use std::process::ExitCode;

use clap::Parser;

use command::{Command, Task};
use context::Context;
use failure::Failure;
use terminal::{CommandOutput, Format};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let command = Command::parse();
    common::machine::create_for_owner_only();
    let result = run(&command.task).await;
    match result.and_then(|output| print(&output, command.output)) {
        Ok(code) => code,
        Err(failure) => {
            terminal::report(&failure);
            failure.exit_code()
        }
    }
}

async fn run(task: &Task) -> Result<CommandOutput, Failure> {
    let context = Context::from_process()?;
    match task {
        Task::Connect(arguments) => connect::run(arguments, &context).await,
        Task::Disconnect(arguments) => connect::disconnect::run(arguments, &context).await,
        Task::Backfill(arguments) => backfill::run(arguments, &context).await,
        Task::GetConversation(arguments) => get_conversation::run(arguments, &context).await,
        Task::Doctor(arguments) => doctor::run(arguments, &context).await,
        Task::Outbound(arguments) => outbound::run(arguments, &context).await,
        Task::Memories(arguments) => memories::run(arguments, &context).await,
        Task::Backup(arguments) => backup::run(arguments, &context).await,
        Task::Restore(arguments) => backup::restore::run(arguments, &context).await,
        Task::Smoke(arguments) => smoke::run(arguments, &context).await,
        Task::Load(arguments) => load::run(arguments, &context).await,
        Task::Replay(arguments) => replay::run(arguments, &context).await,
        Task::Sign(arguments) => sign::run(arguments, &context).await,
        Task::Send(arguments) => send::run(arguments, &context).await,
        Task::Event(arguments) => event::run(arguments, &context).await,
        Task::Completions(arguments) => completions::run(arguments),
        Task::Man(arguments) => man::run(arguments),
    }
}

fn print(output: &CommandOutput, format: Format) -> Result<ExitCode, Failure> {
    output.print(format).map_err(Failure::Output)?;
    Ok(output.exit_code())
}
