//! The request that an agent sends when the caller asks not to be remembered.

use common::arguments;
use common::call::{AgentId, CallerId, ConversationId};
use serde::Deserialize;

/// The request of the `do_not_remember` tool. The model sets `confirmed`; everything else comes
/// from system variables.
#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(default, deserialize_with = "arguments::optional_text")]
    caller_id: Option<String>,
    #[serde(default, deserialize_with = "arguments::optional_text")]
    called_number: Option<String>,
    #[serde(default, deserialize_with = "arguments::optional_text")]
    user_id: Option<String>,
    /// The agent that the caller asked.
    #[serde(default, deserialize_with = "AgentId::deserialize_optional")]
    pub(crate) agent_id: Option<AgentId>,
    /// The current conversation.
    #[serde(default, deserialize_with = "ConversationId::deserialize_or_none")]
    pub(crate) conversation_id: Option<ConversationId>,
    #[serde(default, deserialize_with = "arguments::flag")]
    confirmed: Option<bool>,
}

impl Request {
    /// Returns whether the caller confirmed the wish. Anything but a clear yes is none.
    pub(crate) fn is_confirmed(&self) -> bool {
        self.confirmed == Some(true)
    }

    /// Returns whether the request names a caller in any form, even a withheld number.
    pub(crate) fn names_a_caller(&self) -> bool {
        self.caller_id.is_some() || self.user_id.is_some()
    }

    /// Returns the caller, or `None` for an anonymous caller. It is the caller under whom the same
    /// call is remembered.
    pub(crate) fn caller(&self, trust_user_id: bool) -> Option<CallerId> {
        let user = self.user_id.as_deref().filter(|_| trust_user_id);
        let number = self.caller_id.as_deref();
        let by_number =
            number.and_then(|number| CallerId::from_call(number, self.called_number.as_deref()));
        by_number.or_else(|| user.and_then(CallerId::from_user_id))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn request(body: Value) -> Request {
        serde_json::from_value(body).unwrap()
    }

    #[test]
    fn only_a_clear_yes_confirms() {
        for yes in [json!(true), json!("true"), json!("yes"), json!(1)] {
            assert!(request(json!({"confirmed": yes})).is_confirmed(), "{yes}");
        }
        for other in [json!(false), json!("maybe"), json!(null), json!(["no"])] {
            assert!(!request(json!({"confirmed": other})).is_confirmed());
        }
        assert!(!request(json!({})).is_confirmed());
    }

    #[test]
    fn a_withheld_number_is_named_but_is_no_caller() {
        let withheld = request(json!({"caller_id": "anonymous"}));
        assert!(withheld.names_a_caller() && withheld.caller(true).is_none());
        assert!(!request(json!({"caller_id": " "})).names_a_caller());
    }

    #[test]
    fn a_user_id_counts_only_if_it_is_trusted() {
        let session = request(json!({"user_id": "dana"}));
        assert!(session.caller(false).is_none());
        let user = session.caller(true).unwrap();
        assert_eq!(user.as_str(), "user:dana");
    }
}
