//! The command line as a whole. Each command defines its arguments in its own folder.

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Parser, Subcommand};

use crate::terminal::Format;
use crate::{
    backfill, backup, completions, connect, doctor, event, get_conversation, load, man, memories,
    outbound, replay, send, sign, smoke,
};

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
    GetConversation(get_conversation::Arguments),
    Outbound(outbound::Arguments),
    Memories(memories::Arguments),
    Backup(backup::Arguments),
    Restore(backup::restore::Arguments),
    Smoke(smoke::Arguments),
    Load(load::Arguments),
    Replay(replay::Arguments),
    Sign(sign::Arguments),
    Send(send::Arguments),
    Event(event::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
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
    use clap::CommandFactory;

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
