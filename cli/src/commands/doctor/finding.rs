//! The result of a check.

use serde::Serialize;

use crate::error::Failure;
use crate::terminal::{BAD, FAINT, GOOD, NOTE, Table, styled};

/// The result of a check.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    /// The name of the check, which does not change between versions.
    pub(super) check: &'static str,
    pub(super) state: State,
    /// What the check found.
    #[serde(rename = "told")]
    pub(super) message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) advice: Option<String>,
}

/// The state of what was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    Fine,
    /// It works but needs attention.
    Warning,
    /// Callers are not remembered or not recognised.
    Fault,
    /// It could not be checked.
    Skipped,
}

impl Finding {
    pub(super) fn fine(check: &'static str, message: impl Into<String>) -> Self {
        Self {
            check,
            state: State::Fine,
            message: message.into(),
            advice: None,
        }
    }

    pub(super) fn skipped(check: &'static str, message: impl Into<String>) -> Self {
        Self {
            check,
            state: State::Skipped,
            message: message.into(),
            advice: None,
        }
    }

    pub(super) fn warning(
        check: &'static str,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            check,
            state: State::Warning,
            message: message.into(),
            advice: Some(advice.into()),
        }
    }

    pub(super) fn fault(
        check: &'static str,
        message: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            check,
            state: State::Fault,
            message: message.into(),
            advice: Some(advice.into()),
        }
    }

    /// A fault: the check itself failed.
    pub(super) fn failed(check: &'static str, failure: &Failure) -> Self {
        Self {
            check,
            state: State::Fault,
            message: failure.to_string(),
            advice: failure.advice().map(Into::into),
        }
    }

    /// Adds a row with the finding, and one with the advice.
    pub(super) fn add_to(&self, table: &mut Table) {
        let (style, word) = match self.state {
            State::Fine => (GOOD, "ok"),
            State::Warning => (NOTE, "warning"),
            State::Fault => (BAD, "fault"),
            State::Skipped => (FAINT, "skipped"),
        };
        table.row([&styled(style, word), self.check, &self.message]);
        if let Some(advice) = &self.advice {
            table.row(["", "", &format!("try: {advice}")]);
        }
    }
}
