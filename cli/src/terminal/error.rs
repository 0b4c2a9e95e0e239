//! The errors of prompts and of the output.

use std::borrow::Cow;
use std::io;

use crate::error::{CommandError, FAILED, NEEDS_CORRECTION};

/// Why the terminal cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TerminalError {
    #[error("confirmation required, but there is no terminal")]
    NoTerminal,
    #[error("not confirmed; nothing was done")]
    NotConfirmed,
    #[error("could not write the output: {0}")]
    Output(io::Error),
}

impl CommandError for TerminalError {
    fn advice(&self) -> Option<Cow<'static, str>> {
        matches!(self, Self::NoTerminal).then(|| "pass --yes".into())
    }

    fn exit_code(&self) -> u8 {
        match self {
            Self::NoTerminal | Self::NotConfirmed => NEEDS_CORRECTION,
            Self::Output(_) => FAILED,
        }
    }
}
