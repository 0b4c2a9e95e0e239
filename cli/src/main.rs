//! `elaaoms`: the operator's command.
//!
//! One folder for each command, with its own `Arguments` and a `run` that gives an
//! [`CommandOutput`](terminal::CommandOutput). What they share: the [`context`] of this process,
//! the [`deployment`] that a command is about, the [`terminal`], the [`audit`].
//!
//! Secrets are read from the environment, `.env`, the data folder or Secrets Manager, or asked for,
//! under the names of the settings, and never from arguments: those stand in the list of processes
//! and in the shell's history.

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
    match run(&command.task)
        .await
        .and_then(|answer| shown(&answer, command.output))
    {
        Ok(code) => code,
        Err(failure) => {
            terminal::complain(&failure);
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

fn shown(answer: &CommandOutput, format: Format) -> Result<ExitCode, Failure> {
    answer.print(format).map_err(Failure::Output)?;
    Ok(answer.exit_code())
}
