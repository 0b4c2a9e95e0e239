//! What ElevenLabs asks when the phone rings.

use common::call::{AgentId, CallerId};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The dynamic variable that holds the caller's number.
const CALLER_ID: &str = "system__caller_id";

/// The request in ElevenLabs' own form (`caller_id` at the top) and in that of the deployment guide (inside
/// `dynamic_variables`). Everything may be missing: a call starts all the same.
#[derive(Deserialize)]
pub struct Request {
    /// The agent that is called.
    #[serde(default, deserialize_with = "AgentId::blank_is_none")]
    pub agent_id: Option<AgentId>,
    #[serde(default)]
    caller_id: Option<String>,
    #[serde(default)]
    user_id: Option<String>,
    #[serde(default)]
    dynamic_variables: Option<Map<String, Value>>,
}

impl Request {
    /// The caller, or `None` for a withheld number.
    #[must_use]
    pub fn caller(&self, trust_user_id: bool) -> Option<CallerId> {
        let variable = self.dynamic_variables.as_ref().and_then(|variables| variables.get(CALLER_ID)?.as_str());
        let user = self.user_id.as_deref().filter(|_| trust_user_id);
        self.caller_id
            .as_deref()
            .and_then(CallerId::from_phone)
            .or_else(|| variable.and_then(CallerId::from_phone))
            .or_else(|| user.and_then(CallerId::from_user_id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(body: &str, trust_user_id: bool) -> Option<String> {
        let request: Request = serde_json::from_str(body).unwrap();
        request.caller(trust_user_id).map(|caller| caller.as_str().to_owned())
    }

    #[test]
    fn both_forms_name_the_caller() {
        let own_form =
            r#"{"caller_id":"+12025550142","agent_id":"agent_1","called_number":"+12025550199","call_sid":"CA1"}"#;
        let guides_form =
            r#"{"agent_id":"agent_1","conversation_id":"c","dynamic_variables":{"system__caller_id":"+15551234567"}}"#;
        assert_eq!(caller(own_form, false).as_deref(), Some("+12025550142"));
        assert_eq!(caller(guides_form, false).as_deref(), Some("+15551234567"));
    }

    #[test]
    fn a_web_user_counts_only_when_trusted() {
        let body = r#"{"agent_id":"agent_1","caller_id":null,"user_id":"customer-4417"}"#;
        assert_eq!(caller(body, false), None);
        assert_eq!(caller(body, true).as_deref(), Some("user:customer-4417"));
    }

    #[test]
    fn an_empty_request_is_a_call_of_nobody() {
        assert_eq!(caller("{}", true), None);
        assert_eq!(caller(r#"{"agent_id":" ","caller_id":""}"#, true), None);
        assert_eq!(caller(r#"{"caller_id":"anonymous","dynamic_variables":null}"#, true), None);
    }
}
