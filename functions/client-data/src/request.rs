//! The request that ElevenLabs sends when the phone rings.

use common::arguments;
use common::call::{AgentId, CallerId};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The dynamic variable with the caller's number.
const CALLER_ID: &str = "system__caller_id";
/// The dynamic variable with the called number.
const CALLED_NUMBER: &str = "system__called_number";

/// The request, either as ElevenLabs sends it (`caller_id` at the top level) or as the deployment
/// guide shows it (inside `dynamic_variables`). Every field is optional, because a call must start
/// even if all are missing.
#[derive(Deserialize)]
pub struct Request {
    /// The called agent.
    #[serde(default, deserialize_with = "AgentId::deserialize_optional")]
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
    /// Returns the user id of a web session. It is empty for a telephone call, and for an id that
    /// looks like a template.
    pub(crate) fn user_id(&self) -> &str {
        self.user_id
            .as_deref()
            .map(str::trim)
            .filter(|id| !id.contains("{{"))
            .unwrap_or_default()
    }

    /// Returns the caller, or `None` for an anonymous caller.
    #[must_use]
    pub fn caller(&self, trust_user_id: bool) -> Option<CallerId> {
        let called = self
            .called_number
            .as_deref()
            .or_else(|| self.variable(CALLED_NUMBER));
        self.number()
            .and_then(|number| CallerId::from_call(number, called))
            .or_else(|| self.trusted_user(trust_user_id))
    }

    /// Returns the caller's number, in whichever of the two forms the request has.
    fn number(&self) -> Option<&str> {
        let number = non_blank(self.caller_id.as_deref());
        // The guide's form has neither field. A web session has a user id but no telephone number,
        // so a number among its variables proves nothing.
        let is_guides_form = number.is_none() && non_blank(self.user_id.as_deref()).is_none();
        number.or_else(|| self.variable(CALLER_ID).filter(|_| is_guides_form))
    }

    fn trusted_user(&self, trust_user_id: bool) -> Option<CallerId> {
        self.user_id
            .as_deref()
            .filter(|_| trust_user_id)
            .and_then(CallerId::from_user_id)
    }

    fn variable(&self, name: &str) -> Option<&str> {
        self.dynamic_variables.as_ref()?.get(name)?.as_str()
    }
}

fn non_blank(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.trim().is_empty())
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
    fn the_caller_is_read_from_both_request_forms() {
        let own_form = r#"{"caller_id":"+12025550142","agent_id":"agent_1","called_number":"+12025550199","call_sid":"CA1"}"#;
        let guides_form = r#"{"agent_id":"agent_1","conversation_id":"c","dynamic_variables":{"system__caller_id":"+15551234567"}}"#;
        assert_eq!(caller(own_form, false).as_deref(), Some("+12025550142"));
        assert_eq!(caller(guides_form, false).as_deref(), Some("+15551234567"));
    }

    #[test]
    fn a_national_number_gets_the_country_of_the_called_number() {
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
            "the called number is not a caller"
        );
    }

    #[test]
    fn a_web_user_is_a_caller_only_if_user_ids_are_trusted() {
        let body = r#"{"agent_id":"agent_1","caller_id":null,"user_id":"customer-4417"}"#;
        assert_eq!(caller(body, false), None);
        assert_eq!(caller(body, true).as_deref(), Some("user:customer-4417"));
    }

    #[test]
    fn a_number_in_the_variables_of_a_web_session_is_ignored() {
        let body = r#"{"caller_id":null,"user_id":"customer-4417","dynamic_variables":{"system__caller_id":"+12025550142"}}"#;
        assert_eq!(caller(body, false), None);
        assert_eq!(caller(body, true).as_deref(), Some("user:customer-4417"));
        let withheld =
            r#"{"caller_id":"anonymous","dynamic_variables":{"system__caller_id":"+12025550142"}}"#;
        assert_eq!(caller(withheld, true), None);
    }

    #[test]
    fn a_request_without_a_number_has_an_anonymous_caller() {
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
