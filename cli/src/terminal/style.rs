//! Styles of the text that a person sees.

use anstyle::{AnsiColor, Style};

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
