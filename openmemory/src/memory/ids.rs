//! Ids of agents, callers and memories.

use std::fmt;

use super::visible_text::is_visible;
use crate::limits::MAX_ID_CHARS;

/// Why a text is not a valid id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidId {
    /// No visible character.
    #[error("must not be empty")]
    Empty,
    /// More than [`MAX_ID_CHARS`] characters.
    #[error("must have at most 256 characters")]
    TooLong,
    /// It contains a control character such as a line break.
    #[error("must not contain control characters")]
    Unprintable,
    /// The wildcard `*` where one caller is required.
    #[error("must name one caller; \"*\" is only for profiles")]
    Wildcard,
    /// A memory id with characters other than letters, digits, `_` and `-`.
    #[error("may contain only letters, digits, \"_\" and \"-\"")]
    Charset,
}

/// An agent id: 1 to 256 printable characters.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct AgentId(String);

/// A caller id: 1 to 256 printable characters, compared exactly. `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct CallerId(String);

/// A memory id: 1 to 256 letters, digits, `_` and `-`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct MemoryId(String);

impl AgentId {
    /// Accepts an id from the database without validation: it may predate today's rules.
    pub(crate) fn stored(text: String) -> Self {
        Self(text)
    }

    /// Parses an agent id.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidId> {
        printable(text).map(Self)
    }

    /// The id as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl CallerId {
    /// Accepts an id from the database without validation: it may predate today's rules.
    pub(crate) fn stored(text: String) -> Self {
        Self(text)
    }

    /// Parses the id of one caller; rejects `*`.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidId> {
        if text == "*" {
            return Err(InvalidId::Wildcard);
        }
        printable(text).map(Self)
    }

    /// Parses the owner of a profile: a caller, or `*` for the agent's own profile.
    pub(crate) fn parse_or_any(text: &str) -> Result<Self, InvalidId> {
        printable(text).map(Self)
    }

    /// The id as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl MemoryId {
    /// Parses a memory id.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidId> {
        let id = printable(text)?;
        let is_plain = id
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-'));
        if is_plain {
            Ok(Self(id))
        } else {
            Err(InvalidId::Charset)
        }
    }

    /// Generates an id: `mem_` and 32 random hex digits.
    pub(crate) fn random() -> Self {
        Self(format!("mem_{}", uuid::Uuid::new_v4().simple()))
    }

    /// The id as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

fn printable(text: &str) -> Result<String, InvalidId> {
    if !is_visible(text) {
        Err(InvalidId::Empty)
    } else if text.chars().count() > MAX_ID_CHARS {
        Err(InvalidId::TooLong)
    } else if text.chars().any(char::is_control) {
        Err(InvalidId::Unprintable)
    } else {
        Ok(text.to_owned())
    }
}

impl fmt::Debug for AgentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AgentId({})", self.0)
    }
}

impl fmt::Debug for CallerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallerId([redacted])")
    }
}

impl fmt::Debug for MemoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryId({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_id_is_any_printable_text() {
        for id in ["+12025550142", "user:a/b", "año *", "*x"] {
            assert_eq!(CallerId::parse(id).unwrap().as_str(), id);
        }
    }

    #[test]
    fn blank_wildcard_and_unprintable_caller_ids_are_rejected() {
        assert_eq!(CallerId::parse(" "), Err(InvalidId::Empty));
        assert_eq!(CallerId::parse("*"), Err(InvalidId::Wildcard));
        assert_eq!(CallerId::parse("a\nb"), Err(InvalidId::Unprintable));
        assert_eq!(CallerId::parse(&"x".repeat(257)), Err(InvalidId::TooLong));
        assert!(CallerId::parse_or_any("*").is_ok());
    }

    #[test]
    fn debug_hides_the_caller_id() {
        assert!(!format!("{:?}", CallerId::parse("+12025550142").unwrap()).contains("2025550142"));
    }
}
