//! Parses what the operator passes on the command line.

use common::call::{AgentId, CallerId, ConversationId};
use common::memory::{Category, Importance, MAX_CONTENT_CHARS};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::error::CommandError;

/// Why an argument cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InputError {
    #[error("{0} is neither a date (2026-11-01) nor a timestamp (2026-11-01T12:00:00Z)")]
    Date(String),
    #[error("{0:?} is not a conversation id")]
    ConversationId(String),
    #[error("{0:?} is not an agent id")]
    AgentId(String),
}

impl CommandError for InputError {}

/// Parses a caller: a telephone number, or `user:{id}` for a web session.
pub(crate) fn caller(text: &str) -> Result<CallerId, String> {
    let caller = match text.strip_prefix("user:") {
        Some(id) => CallerId::from_user_id(id),
        None => CallerId::from_phone(text),
    };
    caller.ok_or_else(|| "expected a telephone number such as +12025550142, or user:ID".to_owned())
}

/// Parses the content of a memory.
pub(crate) fn content(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > MAX_CONTENT_CHARS {
        return Err(format!("expected 1 to {MAX_CONTENT_CHARS} characters"));
    }
    Ok(text.to_owned())
}

/// Parses the importance of a memory.
pub(crate) fn importance(text: &str) -> Result<Importance, String> {
    let number = text.parse::<u8>().ok();
    number
        .and_then(|number| Importance::try_from(number).ok())
        .ok_or_else(|| "expected a whole number from 1 to 10".to_owned())
}

/// Parses the category of a memory.
pub(crate) fn category(text: &str) -> Result<Category, String> {
    let named = Category::ALL
        .into_iter()
        .find(|category| category.as_str() == text);
    named.ok_or_else(|| {
        let names = Category::ALL.map(Category::as_str);
        format!("expected one of {}", names.join(", "))
    })
}

/// Parses the id of an agent.
pub(crate) fn agent_id(text: &str) -> Result<AgentId, InputError> {
    AgentId::parse(text).map_err(|_| InputError::AgentId(text.to_owned()))
}

/// Parses the id of a conversation.
pub(crate) fn conversation_id(text: &str) -> Result<ConversationId, InputError> {
    ConversationId::parse(text).map_err(|_| InputError::ConversationId(text.to_owned()))
}

/// Parses a timestamp or a date. A date stands for its midnight in UTC.
pub(crate) fn time(text: &str) -> Result<Timestamp, InputError> {
    text.parse()
        .ok()
        .or_else(|| midnight(text))
        .ok_or_else(|| InputError::Date(text.to_owned()))
}

fn midnight(date: &str) -> Option<Timestamp> {
    let zoned = date.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok()?;
    Some(zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_memory_has_a_limited_content_an_importance_and_a_known_category() {
        assert_eq!(content(" Has a dog. ").unwrap(), "Has a dog.");
        assert!(content(" ").is_err() && content(&"x".repeat(301)).is_err());
        assert_eq!(importance("10").unwrap(), Importance::MAX);
        assert!(importance("0").is_err() && importance("high").is_err());
        assert_eq!(category("issue").unwrap(), Category::Issue);
        assert!(category("Issue").unwrap_err().contains("emotional"));
    }

    #[test]
    fn a_caller_is_a_telephone_number_or_a_user_id() {
        assert_eq!(
            caller("+1 (202) 555-0142").unwrap().as_str(),
            "+12025550142"
        );
        assert_eq!(caller("user:dana").unwrap().as_str(), "user:dana");
        assert!(caller("anonymous").is_err());
        assert!(caller("user:").is_err());
    }
}
