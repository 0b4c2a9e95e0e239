//! The caller card and the agent profile, which client-data reads while the phone rings.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{CallerName, MAX_CALLER_NAMES, ask_who_is_speaking, may_be_one_person};
use crate::call::{Channel, ConversationId};

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
    /// The name that the caller gave; of several, the one given last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller_name: Option<String>,
    /// The names of the people who call from this number, the one given last first. Empty unless
    /// several people gave one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<CallerName>,
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
    /// The channels of the calls so far, each once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<Channel>,
}

impl CallerCard {
    /// Returns whether a card from a call that began at `call_at` may replace this one. A card from
    /// an older call may not.
    #[must_use]
    pub fn is_replaceable_by(&self, call_at: Timestamp) -> bool {
        self.last_call_at.is_none_or(|last| last <= call_at)
    }

    /// Returns whether several people call from this number.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.names.len() > 1
    }

    /// Returns the names of a shared number, the one given last first.
    #[must_use]
    pub fn shared_names(&self) -> Vec<&str> {
        if !self.is_shared() {
            return Vec::new();
        }
        self.names.iter().map(|name| name.name.as_str()).collect()
    }

    /// Returns the names for an operator, separated by commas. Empty if none is known.
    #[must_use]
    pub fn all_names(&self) -> String {
        if self.is_shared() {
            return self.shared_names().join(", ");
        }
        self.caller_name.clone().unwrap_or_default()
    }

    /// Returns the greeting of a shared number, which asks who is speaking. `None` if the number is
    /// not shared or the language has no template.
    #[must_use]
    pub fn question(&self, language: Option<&str>) -> Option<String> {
        self.is_shared()
            .then(|| ask_who_is_speaking(&self.shared_names(), language))?
    }

    /// Adds the name that the caller of the given call gave. A name that may belong to the same
    /// person replaces the known one. So does any name from the call that wrote the card: the call
    /// was extracted again.
    #[must_use]
    pub fn with_name(self, name: &str, call_at: Timestamp, call: &ConversationId) -> Self {
        let is_same_call = self.last_conversation_id.as_ref() == Some(call);
        let mut known = self.known_names();
        known.retain(|other| {
            let is_of_this_call = is_same_call && other.last_call_at == Some(call_at);
            !is_of_this_call && !may_be_one_person(&other.name, name)
        });
        known.insert(
            0,
            CallerName {
                name: name.to_owned(),
                last_call_at: Some(call_at),
            },
        );
        known.truncate(MAX_CALLER_NAMES);
        self.with_names(known)
    }

    /// Keeps only the names for which `is_kept` holds.
    #[must_use]
    pub fn retain_names(self, is_kept: impl Fn(&str) -> bool) -> Self {
        let mut known = self.known_names();
        known.retain(|known| is_kept(&known.name));
        self.with_names(known)
    }

    fn known_names(&self) -> Vec<CallerName> {
        if !self.names.is_empty() {
            return self.names.clone();
        }
        let single = self.caller_name.clone().map(|name| CallerName {
            name,
            last_call_at: self.last_call_at,
        });
        single.into_iter().collect()
    }

    fn with_names(self, names: Vec<CallerName>) -> Self {
        Self {
            caller_name: names.first().map(|first| first.name.clone()),
            names: if names.len() > 1 { names } else { Vec::new() },
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

    fn call(card: CallerCard, name: &str, second: i64) -> CallerCard {
        let at = Timestamp::from_second(second).unwrap();
        let conversation = ConversationId::parse(format!("conv_{second}").as_str()).unwrap();
        CallerCard {
            last_call_at: Some(at),
            last_conversation_id: Some(conversation.clone()),
            ..card.with_name(name, at, &conversation)
        }
    }

    #[test]
    fn a_second_person_is_added_and_a_variant_of_a_name_is_not() {
        let card = call(CallerCard::default(), "Dana", 1);
        assert!(!card.is_shared());
        assert!(!call(card.clone(), "Mrs Rivers", 2).is_shared());
        let card = call(card, "Tom", 2);
        assert_eq!(card.shared_names(), ["Tom", "Dana"]);
        let card = call(card, "Dana", 3);
        assert_eq!(card.shared_names(), ["Dana", "Tom"]);
        assert_eq!(card.caller_name.as_deref(), Some("Dana"));
        assert_eq!(
            card.question(None).unwrap(),
            "Hello, am I speaking with Dana or Tom?"
        );
    }

    #[test]
    fn a_call_that_is_extracted_again_replaces_its_own_name() {
        let card = call(call(CallerCard::default(), "Dana", 1), "Tom", 2);
        let card = call(card, "Ravi", 2);
        assert_eq!(card.shared_names(), ["Ravi", "Dana"]);
    }

    #[test]
    fn a_name_that_is_forgotten_leaves_the_card() {
        let card = call(call(CallerCard::default(), "Dana", 1), "Tom", 2);
        let card = card.retain_names(|name| name != "Tom");
        assert!(!card.is_shared());
        assert_eq!(card.caller_name.as_deref(), Some("Dana"));
        assert_eq!(card.retain_names(|_| false).caller_name, None);
    }

    #[test]
    fn a_card_has_at_most_five_names() {
        let people = ["Dana", "Tom", "Ravi", "Ingrid", "Youssef", "Charlotte"];
        let card = people
            .iter()
            .zip(1..)
            .fold(CallerCard::default(), |card, (name, second)| {
                call(card, name, second)
            });
        assert_eq!(card.names.len(), MAX_CALLER_NAMES);
        assert_eq!(card.caller_name.as_deref(), Some("Charlotte"));
    }

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
