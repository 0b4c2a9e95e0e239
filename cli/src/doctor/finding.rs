//! What a check found.

use serde::Serialize;

use crate::failure::Failure;
use crate::terminal::{BAD, FAINT, GOOD, NOTE, Table, styled};

/// What a check found.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    /// What was checked, a word that stays the same.
    pub(super) check: &'static str,
    pub(super) state: State,
    /// What was found.
    pub(super) told: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) advice: Option<String>,
}

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    Fine,
    /// It works, and should be looked at.
    Warning,
    /// Callers are not remembered, or not known again.
    Fault,
    /// It could not be asked.
    Skipped,
}

impl Finding {
    pub(super) fn fine(check: &'static str, told: impl Into<String>) -> Self {
        Self {
            check,
            state: State::Fine,
            told: told.into(),
            advice: None,
        }
    }

    pub(super) fn skipped(check: &'static str, told: impl Into<String>) -> Self {
        Self {
            check,
            state: State::Skipped,
            told: told.into(),
            advice: None,
        }
    }

    pub(super) fn warning(
        check: &'static str,
        told: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            check,
            state: State::Warning,
            told: told.into(),
            advice: Some(advice.into()),
        }
    }

    pub(super) fn fault(
        check: &'static str,
        told: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            check,
            state: State::Fault,
            told: told.into(),
            advice: Some(advice.into()),
        }
    }

    /// A check that could not be made because of this.
    pub(super) fn failed(check: &'static str, failure: &Failure) -> Self {
        Self {
            check,
            state: State::Fault,
            told: failure.to_string(),
            advice: failure.advice(),
        }
    }

    /// A line for a person, and one for what to do.
    pub(super) fn add_to(&self, table: &mut Table) {
        let (style, word) = match self.state {
            State::Fine => (GOOD, "ok"),
            State::Warning => (NOTE, "look"),
            State::Fault => (BAD, "wrong"),
            State::Skipped => (FAINT, "skipped"),
        };
        table.row([&styled(style, word), self.check, &self.told]);
        if let Some(advice) = &self.advice {
            table.row(["", "", &format!("try: {advice}")]);
        }
    }
}
