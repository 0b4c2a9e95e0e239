//! What ElevenLabs asks when the phone rings.

use common::arguments;
use common::call::{AgentId, CallerId};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The dynamic variables that hold the caller's number and the number that was called.
const CALLER_ID: &str = "system__caller_id";
const CALLED_NUMBER: &str = "system__called_number";

/// The request in ElevenLabs' own form (`caller_id` at the top) and in that of the deployment guide
/// (inside `dynamic_variables`). Everything may be missing: a call starts all the same.
#[derive(Deserialize)]
pub struct Request {
    /// The agent that is called.
    #[serde(default, deserialize_with = "AgentId::blank_is_none")]
    pub agent_id: Option<AgentId>,
    #[serde(default, deserialize_with = "arguments::optional_text")]
    caller_id: Option<String>,
    #[serde(default, deserialize_with = "arguments::optional_text")]
    called_number: Option<String>,
    #[serde(default, deserialize_with = "arguments::optional_text")]
    user_id: Option<String>,
    #[serde(default)]
    dynamic_variables: Option<Map<String, Value>>,
}

impl Request {
    /// The user of a web session; empty for a telephone call. An id that could be a template is
    /// none.
    pub(crate) fn user_id(&self) -> &str {
        self.user_id
            .as_deref()
            .map(str::trim)
            .filter(|id| !id.contains("{{"))
            .unwrap_or_default()
    }

    /// The caller, or `None` for a withheld number.
    #[must_use]
    pub fn caller(&self, trust_user_id: bool) -> Option<CallerId> {
        let called = self
            .called_number
            .as_deref()
            .or_else(|| self.variable(CALLED_NUMBER));
        let is_blank =
            |field: &Option<String>| field.as_deref().is_none_or(|text| text.trim().is_empty());
        // The guide's form has neither of these two; a web session has a user, and no telephone.
        let is_guides = is_blank(&self.caller_id) && is_blank(&self.user_id);
        let number = self
            .caller_id
            .as_deref()
            .filter(|_| !is_blank(&self.caller_id));
        let number = number.or_else(|| self.variable(CALLER_ID).filter(|_| is_guides));
        let user = self.user_id.as_deref().filter(|_| trust_user_id);
        let by_number = number.and_then(|number| CallerId::from_call(number, called));
        by_number.or_else(|| user.and_then(CallerId::from_user_id))
    }

    fn variable(&self, name: &str) -> Option<&str> {
        self.dynamic_variables.as_ref()?.get(name)?.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(body: &str, trust_user_id: bool) -> Option<String> {
        let request: Request = serde_json::from_str(body).unwrap();
        request
            .caller(trust_user_id)
            .map(|caller| caller.as_str().to_owned())
    }

    #[test]
    fn both_forms_name_the_caller() {
        let own_form = r#"{"caller_id":"+12025550142","agent_id":"agent_1","called_number":"+12025550199","call_sid":"CA1"}"#;
        let guides_form = r#"{"agent_id":"agent_1","conversation_id":"c","dynamic_variables":{"system__caller_id":"+15551234567"}}"#;
        assert_eq!(caller(own_form, false).as_deref(), Some("+12025550142"));
        assert_eq!(caller(guides_form, false).as_deref(), Some("+15551234567"));
    }

    #[test]
    fn the_called_number_tells_the_country_of_a_national_number() {
        let body =
            r#"{"caller_id":"020 7183 8750","called_number":"+442071838700","agent_id":"agent_1"}"#;
        let variables = r#"{"dynamic_variables":{"system__caller_id":"02071838750","system__called_number":"+442071838700"}}"#;
        assert_eq!(caller(body, false).as_deref(), Some("+442071838750"));
        assert_eq!(caller(variables, false).as_deref(), Some("+442071838750"));
        assert_eq!(
            caller(
                r#"{"caller_id":442071838750,"called_number":442071838700}"#,
                false
            )
            .as_deref(),
            Some("+442071838750")
        );
        assert_eq!(
            caller(
                r#"{"caller_id":"+442071838700","called_number":"+442071838700"}"#,
                false
            ),
            None,
            "our own number"
        );
    }

    #[test]
    fn a_web_user_counts_only_when_trusted() {
        let body = r#"{"agent_id":"agent_1","caller_id":null,"user_id":"customer-4417"}"#;
        assert_eq!(caller(body, false), None);
        assert_eq!(caller(body, true).as_deref(), Some("user:customer-4417"));
    }

    #[test]
    fn a_number_among_the_variables_of_a_web_session_is_not_believed() {
        let body = r#"{"caller_id":null,"user_id":"customer-4417","dynamic_variables":{"system__caller_id":"+12025550142"}}"#;
        assert_eq!(caller(body, false), None);
        assert_eq!(caller(body, true).as_deref(), Some("user:customer-4417"));
        let withheld =
            r#"{"caller_id":"anonymous","dynamic_variables":{"system__caller_id":"+12025550142"}}"#;
        assert_eq!(caller(withheld, true), None);
    }

    #[test]
    fn an_empty_request_is_a_call_of_nobody() {
        assert_eq!(caller("{}", true), None);
        assert_eq!(caller(r#"{"agent_id":" ","caller_id":""}"#, true), None);
        assert_eq!(
            caller(
                r#"{"caller_id":"anonymous","dynamic_variables":null}"#,
                true
            ),
            None
        );
    }
}
