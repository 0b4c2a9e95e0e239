//! Questions to the person at the terminal.

use std::io::{IsTerminal, Write, stdin};

use clap::Args;
use secrecy::SecretString;

use super::{NOTE, styled};
use crate::failure::Failure;

/// Whether to go on without asking.
#[derive(Debug, Clone, Args)]
pub(crate) struct Confirmation {
    /// Go on without asking
    #[arg(long, short = 'y')]
    pub(crate) yes: bool,
}

impl Confirmation {
    /// Asks, unless it was said already. Only `y` and `yes` are a yes.
    pub(crate) fn ask(&self, question: &str) -> Result<(), Failure> {
        if self.yes {
            return Ok(());
        }
        if !stdin().is_terminal() {
            return Err(Failure::NoTerminal);
        }
        let mut out = anstream::stderr();
        let _ = write!(out, "{} [y/N] ", styled(NOTE, question)).and_then(|()| out.flush());
        let mut line = String::new();
        stdin().read_line(&mut line).map_err(Failure::Output)?;
        match line.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => Err(Failure::NotConfirmed),
        }
    }
}

/// Asks for a secret without showing it; `None` for an empty answer. Only where somebody sits at
/// the terminal.
pub(crate) fn secret(name: &str) -> Option<SecretString> {
    let question = format!("{name} is not set. Enter it, it is not shown: ");
    let entered = rpassword::prompt_password(question).ok()?;
    Some(entered.trim())
        .filter(|entered| !entered.is_empty())
        .map(SecretString::from)
}
