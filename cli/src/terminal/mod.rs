//! What a person sees: output, tables, colours, prompts, progress and masked numbers.
//!
//! Colours and progress appear only on a terminal. `NO_COLOR` disables colours there too.

mod ask;
mod mask;
mod output;
mod progress;
mod table;

pub(crate) use ask::{Confirmation, secret};
pub(crate) use mask::Reveal;
pub(crate) use output::{CommandOutput, Format};
pub(crate) use progress::Progress;
pub(crate) use table::Table;

use std::io::Write;

use anstyle::{AnsiColor, Style};

use crate::failure::Failure;

/// Style of a successful result.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// Style of an error.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// Style of a warning, a question or advice.
pub(crate) const NOTE: Style = AnsiColor::Yellow.on_default();
/// Style of secondary text.
pub(crate) const FAINT: Style = Style::new().dimmed();

/// Returns the text in this style. The output stream removes styles when it is not a terminal.
pub(crate) fn styled(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

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
