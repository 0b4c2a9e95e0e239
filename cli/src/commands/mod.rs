//! The command line as a whole, and one module for each command.

mod backfill;
mod backup;
mod completions;
mod connect;
mod console;
mod doctor;
mod event;
mod get_conversation;
mod load;
mod man;
mod memories;
mod outbound;
mod replay;
mod send;
mod settings;
mod sign;
mod smoke;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{CommandFactory, Parser, Subcommand};

use crate::context::Context;
use crate::error::Failure;
use crate::terminal::{CommandOutput, Format};

/// The operator's command of ELAAOMS: long-term memory for ElevenLabs voice agents.
///
/// Works on the deployment on this machine (./data), or on AWS with --stage. Secrets come from the
/// environment, .env, the data folder or Secrets Manager, never from arguments.
#[derive(Debug, Parser)]
#[command(name = "elaaoms", version, styles = STYLES, after_long_help = EXIT_CODES, max_term_width = 100)]
pub(crate) struct Command {
    #[command(subcommand)]
    pub(crate) task: Task,
    /// Output format: table for people, json for programs
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "FORM",
        hide_possible_values = true,
        help_heading = "Display"
    )]
    pub(crate) output: Format,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Task {
    Connect(Box<connect::Arguments>),
    Disconnect(Box<connect::disconnect::Arguments>),
    Backfill(backfill::Arguments),
    Doctor(doctor::Arguments),
    Console(console::Arguments),
    GetConversation(get_conversation::Arguments),
    Outbound(outbound::Arguments),
    Memories(memories::Arguments),
    Backup(backup::Arguments),
    Restore(backup::restore::Arguments),
    Smoke(smoke::Arguments),
    Load(load::Arguments),
    Replay(replay::Arguments),
    Settings(settings::Arguments),
    Sign(sign::Arguments),
    Send(send::Arguments),
    Event(event::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
}

/// Runs the command that the operator chose.
pub(crate) async fn run(task: &Task) -> Result<CommandOutput, Failure> {
    let context = Context::from_process()?;
    match task {
        Task::Connect(arguments) => connect::run(arguments, &context).await,
        Task::Disconnect(arguments) => connect::disconnect::run(arguments, &context).await,
        Task::Backfill(arguments) => backfill::run(arguments, &context).await,
        Task::GetConversation(arguments) => get_conversation::run(arguments, &context).await,
        Task::Doctor(arguments) => doctor::run(arguments, &context).await,
        Task::Console(arguments) => console::run(arguments, &context).await,
        Task::Outbound(arguments) => outbound::run(arguments, &context).await,
        Task::Memories(arguments) => memories::run(arguments, &context).await,
        Task::Backup(arguments) => backup::run(arguments, &context).await,
        Task::Restore(arguments) => backup::restore::run(arguments, &context).await,
        Task::Smoke(arguments) => smoke::run(arguments, &context).await,
        Task::Load(arguments) => load::run(arguments, &context).await,
        Task::Replay(arguments) => replay::run(arguments, &context).await,
        Task::Settings(arguments) => settings::run(arguments, &context).await,
        Task::Sign(arguments) => sign::run(arguments, &context).await,
        Task::Send(arguments) => send::run(arguments, &context).await,
        Task::Event(arguments) => event::run(arguments, &context).await,
        Task::Completions(arguments) => completions::run(arguments, Command::command()),
        Task::Man(arguments) => man::run(arguments, Command::command()),
    }
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  failed: the message says why, and what to try
  2  the command line is wrong
  3  a setting or a secret is missing or wrong, or you did not confirm; nothing was done
  4  done, but a check failed (smoke, load, doctor)";

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Yellow.on_default().bold())
    .usage(AnsiColor::Yellow.on_default().bold())
    .literal(AnsiColor::Green.on_default())
    .placeholder(AnsiColor::Cyan.on_default());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Command::command().debug_assert();
    }

    #[test]
    fn every_command_shows_examples() {
        fn check(command: &mut clap::Command) {
            if command.has_subcommands() {
                command.get_subcommands_mut().for_each(check);
            } else {
                let help = command.render_long_help().to_string();
                let (_, examples) = help.split_once("Examples:").unwrap();
                // A wrapped line cannot be copied.
                let longest = examples.lines().map(str::len).max().unwrap();
                assert!(longest <= 80, "{}: {longest}", command.get_name());
            }
        }
        check(&mut Command::command());
    }
}
