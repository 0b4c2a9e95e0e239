//! Parses what the operator passes on the command line.

use common::call::{AgentId, CallerId, ConversationId};
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
