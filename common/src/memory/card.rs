//! The caller card and the agent profile, which client-data reads while the phone rings.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::call::ConversationId;

/// Maximum number of open issues on a card.
pub const MAX_OPEN_ISSUES: usize = 5;

/// The open issues of a caller, most important first.
pub type OpenIssues = Vec<String>;

/// A *caller card*: everything that one agent needs to greet one caller.
///
/// Extraction writes the card after each call, so that nothing has to be computed while the phone
/// rings. The memory store keeps it as `profile_data`. Missing fields read as empty, so that
/// a card written by another version still works.
///
/// Contains personal data, so `Debug` does not show the text.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CallerCard {
    /// The name that the caller gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller_name: Option<String>,
    /// The greeting for the next call, ready to be spoken.
    pub greeting: String,
    /// The memories that the agent receives when a call begins, one a line, most valuable first.
    pub memory_context: String,
    /// A summary of the last call.
    pub last_summary: String,
    /// When the last call began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_call_at: Option<Timestamp>,
    /// The conversation of the last call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_conversation_id: Option<ConversationId>,
    /// The issues that are still open.
    pub open_issues: OpenIssues,
    /// The language of the last call, such as `en`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

impl CallerCard {
    /// Returns whether a card from a call that began at `call_at` may replace this one. A card from
    /// an older call may not.
    #[must_use]
    pub fn is_replaceable_by(&self, call_at: Timestamp) -> bool {
        self.last_call_at.is_none_or(|last| last <= call_at)
    }
}

impl fmt::Debug for CallerCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallerCard")
            .field("last_call_at", &self.last_call_at)
            .finish_non_exhaustive()
    }
}

/// An *agent profile*: the agent's configuration at ElevenLabs. It is stored so that no call has to
/// wait for ElevenLabs' API.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AgentProfile {
    /// The agent's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The agent's configured first message. Empty if the agent waits for the caller to speak,
    /// `None` if the first message is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_message: Option<String>,
    /// The agent's language, such as `en`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// When extraction should fetch the profile again. It is used before and after that time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_after: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_from_an_older_call_never_replaces_a_newer_one() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let card = CallerCard {
            last_call_at: Some(at(100)),
            ..CallerCard::default()
        };
        assert!(!card.is_replaceable_by(at(99)));
        assert!(card.is_replaceable_by(at(100)));
        assert!(CallerCard::default().is_replaceable_by(at(0)));
    }
}
