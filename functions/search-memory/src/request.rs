//! The request that an agent sends during a call.

use common::arguments;
use common::call::{AgentId, CallerId, ConversationId};
use serde::Deserialize;

/// Maximum length of a query in characters; the rest is cut off because it adds nothing.
const MAX_QUERY_CHARS: usize = 1000;

/// The request of the `search_memory` tool. Only the query is required; a web session has no
/// caller.
#[derive(Deserialize)]
pub struct Request {
    #[serde(deserialize_with = "arguments::text")]
    query: String,
    #[serde(default, deserialize_with = "arguments::optional_text")]
    caller_id: Option<String>,
    #[serde(default, deserialize_with = "arguments::optional_text")]
    called_number: Option<String>,
    #[serde(default, deserialize_with = "arguments::optional_text")]
    user_id: Option<String>,
    /// The agent that searches.
    #[serde(default, deserialize_with = "AgentId::deserialize_optional")]
    pub agent_id: Option<AgentId>,
    /// The current conversation; only used in the log.
    #[serde(default, deserialize_with = "ConversationId::deserialize_or_none")]
    pub conversation_id: Option<ConversationId>,
    /// Whether to search the memories of all agents. If absent, the relevance decides.
    #[serde(default, deserialize_with = "arguments::flag")]
    pub search_all_agents: Option<bool>,
}

impl Request {
    /// Returns the trimmed query. An empty query lists the most important memories.
    #[must_use]
    pub fn query(&self) -> String {
        self.query.trim().chars().take(MAX_QUERY_CHARS).collect()
    }

    /// Returns the caller, or `None` for an anonymous caller.
    #[must_use]
    pub fn caller(&self, trust_user_id: bool) -> Option<CallerId> {
        let user = self.user_id.as_deref().filter(|_| trust_user_id);
        let number = self.caller_id.as_deref();
        let by_number =
            number.and_then(|number| CallerId::from_call(number, self.called_number.as_deref()));
        by_number.or_else(|| user.and_then(CallerId::from_user_id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: &str) -> Result<Request, serde_json::Error> {
        serde_json::from_str(body)
    }

    #[test]
    fn the_request_of_the_deployment_guide_is_accepted() {
        let request =
            parse(r#"{"query":"order number","caller_id":"+15551234567","agent_id":"test_agent"}"#)
                .unwrap();
        assert_eq!(request.caller(false).unwrap().as_str(), "+15551234567");
        assert_eq!(request.query(), "order number");
        assert_eq!(request.search_all_agents, None);
    }

    #[test]
    fn only_the_query_is_required() {
        assert!(
            parse(r#"{"query":"x","caller_id":null,"agent_id":null,"conversation_id":null}"#)
                .is_ok()
        );
        for body in ["{}", r#"{"query":"x","agent_id":"a/b"}"#] {
            assert!(parse(body).is_err(), "{body}");
        }
    }

    #[test]
    fn arguments_of_other_types_are_accepted() {
        let cases: serde_json::Value =
            serde_json::from_str(include_str!("../../../tests/cases/tool-arguments.json")).unwrap();
        for case in cases["cases"].as_array().unwrap() {
            let request = parse(&case["body"].to_string()).unwrap();
            let name = &case["name"];
            let expected = &case["expected"];
            assert_eq!(
                request.query(),
                expected["query"].as_str().unwrap(),
                "{name}"
            );
            assert_eq!(
                request.search_all_agents,
                expected["all"].as_bool(),
                "{name}"
            );
            assert_eq!(
                request.agent_id.as_ref().map(AgentId::as_str),
                expected["agent"].as_str(),
                "{name}"
            );
            let caller = request.caller(true);
            assert_eq!(
                caller.as_ref().map(CallerId::as_str),
                expected["caller"].as_str(),
                "{name}"
            );
        }
    }
}
