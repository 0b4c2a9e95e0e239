//! Ids that ElevenLabs assigns to agents and conversations.
//!
//! They become part of storage keys and URLs, so they are validated once, here.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::anonymous::{is_anonymous, is_unfilled_variable};
use crate::arguments;

/// Maximum length of an id, in characters.
const MAX_LENGTH: usize = 128;

/// The id is empty, longer than 128 characters or contains characters other than
/// `A–Z a–z 0–9 _ -`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an id must consist of 1 to 128 letters, digits, `_` or `-`")]
pub struct InvalidId;

fn validate(id: String) -> Result<String, InvalidId> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if (1..=MAX_LENGTH).contains(&id.len()) && id.bytes().all(allowed) {
        Ok(id)
    } else {
        Err(InvalidId)
    }
}

/// Returns whether the text stands for an absent id. Anonymous spellings without a letter or digit
/// do not count: they are invalid ids.
fn is_absent(id: &str) -> bool {
    id.trim().is_empty()
        || is_unfilled_variable(id)
        || (id.contains(char::is_alphanumeric) && is_anonymous(id))
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(String);

        impl $name {
            /// Parses an id of 1 to 128 letters, digits, `_` or `-`.
            ///
            /// # Errors
            /// [`InvalidId`] for anything else.
            pub fn parse(id: impl Into<String>) -> Result<Self, InvalidId> {
                validate(id.into()).map(Self)
            }

            /// Returns the id as ElevenLabs writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl $name {
            /// Deserializes an optional id, for `deserialize_with`. A blank string, the word `null`
            /// and an unfilled variable count as absent.
            ///
            /// # Errors
            /// If the id is invalid, or is neither a string nor a number.
            pub fn deserialize_optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
                let id = arguments::text_or_number(deserializer)?;
                id.filter(|id| !is_absent(id))
                    .map(|id| Self::parse(id.trim()))
                    .transpose()
                    .map_err(serde::de::Error::custom)
            }

            /// Deserializes an optional id, for `deserialize_with`. An invalid id counts as absent.
            ///
            /// # Errors
            /// Only if the JSON itself is malformed.
            pub fn deserialize_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
                Ok(arguments::optional_text(deserializer)?.and_then(|id| Self::parse(id.trim()).ok()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(id: String) -> Result<Self, InvalidId> {
                Self::parse(id)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id! {
    /// The id of an ElevenLabs agent, such as `agent_7101kfr8sbb5fjbbym8c9y1jqt9b`.
    AgentId
}

id! {
    /// The id of one conversation, such as `conv_7101k9wfkvjyf60aevvp97zch001`.
    ConversationId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_valid_id_is_kept_unchanged() {
        let id = ConversationId::parse("conv_7101k9wfkvjyf60aevvp97zch001").unwrap();
        assert_eq!(id.as_str(), "conv_7101k9wfkvjyf60aevvp97zch001");
    }

    #[test]
    fn an_id_that_could_escape_its_folder_is_rejected() {
        for id in [
            "",
            ".",
            "..",
            "../x",
            "a/b",
            "a\\b",
            "a b",
            "a\0b",
            "ä",
            "%2e",
            &"a".repeat(129),
        ] {
            assert_eq!(AgentId::parse(id), Err(InvalidId), "{id:?}");
        }
    }
}
