//! The part of the caller card that helps during a call.

use common::memory::{CallerCard, OpenIssues};
use common::template::{serialize_neutral_list, serialize_neutral_option};
use jiff::Timestamp;
use serde::Serialize;

/// What the caller card says about the caller. Every search returns it, whatever the query.
///
/// Contains personal data, so it does not implement `Debug`.
#[derive(Serialize)]
pub struct Caller {
    /// The caller's name as they gave it. `None` if several people use the number.
    #[serde(serialize_with = "serialize_neutral_option")]
    name: Option<String>,
    /// The names of the people who use the number, if there are several.
    #[serde(
        serialize_with = "serialize_neutral_list",
        skip_serializing_if = "Vec::is_empty"
    )]
    names: Vec<String>,
    /// When the last call with this agent began.
    last_call_at: Option<Timestamp>,
    /// Summary of the last call.
    #[serde(serialize_with = "serialize_neutral_option")]
    last_call_summary: Option<String>,
    /// Issues that the last call left open.
    #[serde(serialize_with = "serialize_neutral_list")]
    open_issues: OpenIssues,
}

impl Caller {
    /// Takes the relevant fields from a caller card.
    pub(crate) fn from_card(card: CallerCard) -> Self {
        let summary = card.last_summary.trim();
        let shared = card.shared_names();
        let names: Vec<String> = shared.into_iter().map(str::to_owned).collect();
        Self {
            last_call_summary: (!summary.is_empty()).then(|| summary.to_owned()),
            name: card.caller_name.filter(|_| names.is_empty()),
            names,
            last_call_at: card.last_call_at,
            open_issues: card.open_issues,
        }
    }

    /// Returns whether several people use the number.
    pub(crate) fn is_shared(&self) -> bool {
        !self.names.is_empty()
    }

    /// Returns the summary of the last call, if there is one.
    pub(crate) fn last_call_summary(&self) -> Option<&str> {
        self.last_call_summary.as_deref()
    }
}
