//! Who is calling, as the last call left it.

use common::memory::{CallerCard, OpenIssues};
use common::template::{serialize_neutral_list, serialize_neutral_option};
use jiff::Timestamp;
use serde::Serialize;

/// What is known of the caller whatever was asked, out of the caller card.
///
/// Personal: it has no `Debug`.
#[derive(Serialize)]
pub struct Caller {
    /// The name that the caller gave.
    #[serde(serialize_with = "serialize_neutral_option")]
    name: Option<String>,
    /// When the last call with this agent began.
    last_call_at: Option<Timestamp>,
    /// What it was about.
    #[serde(serialize_with = "serialize_neutral_option")]
    last_call_summary: Option<String>,
    /// What it left unsolved.
    #[serde(serialize_with = "serialize_neutral_list")]
    open_issues: OpenIssues,
}

impl Caller {
    /// The part of a card that helps during a call.
    pub(crate) fn of(card: CallerCard) -> Self {
        let summary = card.last_summary.trim();
        Self {
            last_call_summary: (!summary.is_empty()).then(|| summary.to_owned()),
            name: card.caller_name,
            last_call_at: card.last_call_at,
            open_issues: card.open_issues,
        }
    }

    /// The last call in a sentence, where it is known.
    pub(crate) fn last_call(&self) -> Option<&str> {
        self.last_call_summary.as_deref()
    }
}
