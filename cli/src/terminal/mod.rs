//! What a person sees: output, tables, colours, prompts, progress and masked numbers.
//!
//! Colours and progress appear only on a terminal. `NO_COLOR` disables colours there too.

mod ask;
mod error;
mod mask;
mod output;
mod progress;
mod style;
mod table;

pub(crate) use ask::{Confirmation, secret};
pub(crate) use error::TerminalError;
pub(crate) use mask::Reveal;
pub(crate) use output::{CommandOutput, Format};
pub(crate) use progress::Progress;
pub(crate) use style::{BAD, FAINT, GOOD, NOTE, styled};
pub(crate) use table::Table;

use std::io::Write;

use crate::error::Failure;

/// Prints a line to standard error, for messages that are not part of the output.
pub(crate) fn note(line: impl std::fmt::Display) {
    let _ = writeln!(anstream::stderr(), "{line}");
}

/// Prints a failure and what the operator can try.
pub(crate) fn report(failure: &Failure) {
    note(format!("{}: {failure}", styled(BAD, "elaaoms")));
    if let Some(advice) = failure.advice() {
        note(format!("{}: {advice}", styled(NOTE, "try")));
    }
}
