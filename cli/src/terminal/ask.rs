//! Prompts for the person at the terminal.

use std::io::{IsTerminal, Write, stdin};

use clap::Args;
use secrecy::SecretString;

use super::error::TerminalError;
use super::style::{NOTE, styled};

/// The `--yes` option of commands that ask for confirmation.
#[derive(Debug, Clone, Args)]
pub(crate) struct Confirmation {
    /// Do not ask for confirmation
    #[arg(long, short = 'y')]
    pub(crate) yes: bool,
}

impl Confirmation {
    /// Asks for confirmation unless `--yes` was passed. Only `y` and `yes` confirm.
    pub(crate) fn ask(&self, question: &str) -> Result<(), TerminalError> {
        if self.yes {
            return Ok(());
        }
        if !stdin().is_terminal() {
            return Err(TerminalError::NoTerminal);
        }
        let mut out = anstream::stderr();
        let _ = write!(out, "{} [y/N] ", styled(NOTE, question)).and_then(|()| out.flush());
        let mut line = String::new();
        stdin()
            .read_line(&mut line)
            .map_err(TerminalError::Output)?;
        match line.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => Err(TerminalError::NotConfirmed),
        }
    }
}

/// Prompts for a secret without echoing it. Returns `None` for an empty input or without a
/// terminal.
pub(crate) fn secret(name: &str) -> Option<SecretString> {
    let question = format!("{name} is not set. Enter it (not shown): ");
    let entered = rpassword::prompt_password(question).ok()?;
    Some(entered.trim())
        .filter(|entered| !entered.is_empty())
        .map(SecretString::from)
}
