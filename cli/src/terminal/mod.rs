//! What a person sees: answers, tables, colours, questions, progress, masked numbers.
//!
//! Colours and progress appear on a terminal only; `NO_COLOR` takes colours away there too.

mod answer;
mod ask;
mod mask;
mod progress;
mod table;

pub(crate) use answer::{CommandOutput, Format};
pub(crate) use ask::{Confirmation, secret};
pub(crate) use mask::Reveal;
pub(crate) use progress::Progress;
pub(crate) use table::Table;

use std::io::Write;

use anstyle::{AnsiColor, Style};

use crate::failure::Failure;

/// Good news.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// Bad news.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// What asks for attention.
pub(crate) const NOTE: Style = AnsiColor::Yellow.on_default();
/// Beside the point.
pub(crate) const FAINT: Style = Style::new().dimmed();

/// A text in a style; the output takes the style away where it is no terminal.
pub(crate) fn styled(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// A line for the person at the terminal that is no part of the answer.
pub(crate) fn note(line: impl std::fmt::Display) {
    let _ = writeln!(anstream::stderr(), "{line}");
}

/// Says what went wrong and what to try.
pub(crate) fn complain(failure: &Failure) {
    note(format!("{}: {failure}", styled(BAD, "elaaoms")));
    if let Some(advice) = failure.advice() {
        note(format!("{}: {advice}", styled(NOTE, "try")));
    }
}
