//! What is read while the phone rings: the caller card, and the agent's own profile beside it.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Category, Memory, ShareableMemory, memory_context, welcome_back};
use crate::call::ConversationId;

/// Most open issues of a card.
pub const MAX_OPEN_ISSUES: usize = 5;

/// The open issues of a caller, most important first.
pub type OpenIssues = Vec<String>;

/// All that one agent needs to greet one caller, written after each call so that nothing is worked
/// out while the phone rings.
///
/// Personal: `Debug` does not show its words. Stored as `profile_data`; a field that is missing or
/// of another type reads as absent, so that a card of another version still greets.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CallerCard {
    /// The name the caller gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller_name: Option<String>,
    /// The first words of the next call, fit to be spoken.
    pub greeting: String,
    /// What the agent should know from the start: one line for each memory, the most valuable
    /// first.
    pub memory_context: String,
    /// What the last call was about.
    pub last_summary: String,
    /// When the last call began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_call_at: Option<Timestamp>,
    /// The last call itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_conversation_id: Option<ConversationId>,
    /// What was left unsolved.
    pub open_issues: OpenIssues,
    /// The language of the last call, such as `en`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

impl CallerCard {
    /// Whether a card of a call that began at `call_at` may take this card's place: an older call
    /// never does.
    #[must_use]
    pub fn gives_way_to(&self, call_at: Timestamp) -> bool {
        self.last_call_at.is_none_or(|last| last <= call_at)
    }

    /// The card when these memories are erased and those are left. Nothing that was written with
    /// the erased ones in view stays: greeting, summary and issues are made of what is left.
    #[must_use]
    pub fn without(self, erased: &[Memory], left: &[Memory]) -> Self {
        let is_said = |memories: &[Memory], name: &str| {
            memories.iter().any(|memory| memory.content.contains(name))
        };
        let caller_name = self
            .caller_name
            .filter(|name| !is_said(erased, name) || is_said(left, name));
        let tellable: Vec<ShareableMemory<'_>> = left.iter().map(ShareableMemory::from).collect();
        let issues = left
            .iter()
            .filter(|memory| memory.category == Some(Category::Issue));
        Self {
            greeting: welcome_back(caller_name.as_deref(), self.language.as_deref())
                .unwrap_or_default(),
            memory_context: memory_context(&tellable),
            last_summary: String::new(),
            open_issues: issues
                .take(MAX_OPEN_ISSUES)
                .map(|memory| memory.content.clone())
                .collect(),
            caller_name,
            ..self
        }
    }
}

impl fmt::Debug for CallerCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallerCard")
            .field("last_call_at", &self.last_call_at)
            .finish_non_exhaustive()
    }
}

/// What ElevenLabs knows of an agent, kept so that no call waits for ElevenLabs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AgentProfile {
    /// The agent's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The agent's own first words; empty when it waits for the caller to speak, `None` when they
    /// are not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_message: Option<String>,
    /// The agent's language, such as `en`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// When extraction should fetch it again. Until then, and after, it is served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_after: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_call_never_takes_the_place_of_a_later_one() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let card = CallerCard {
            last_call_at: Some(at(100)),
            ..CallerCard::default()
        };
        assert!(!card.gives_way_to(at(99)));
        assert!(card.gives_way_to(at(100)));
        assert!(CallerCard::default().gives_way_to(at(0)));
    }
}
