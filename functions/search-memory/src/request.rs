//! What an agent asks during a call.

use common::call::{AgentId, CallerId};
use serde::{Deserialize, Deserializer};

/// Longest question that is looked up, in characters; the rest adds nothing.
const MAX_QUERY: usize = 1000;

/// The request of the `search_memory` tool. Only the question is required: a web session has no caller.
#[derive(Deserialize)]
pub struct Request {
    query: String,
    #[serde(default)]
    caller_id: Option<String>,
    #[serde(default)]
    user_id: Option<String>,
    /// The agent that asks.
    #[serde(default, deserialize_with = "AgentId::blank_is_none")]
    pub agent_id: Option<AgentId>,
    /// The conversation in which it asks; only for the log.
    #[serde(default)]
    pub conversation_id: Option<String>,
    /// Whether to ask for what was told to any agent; absent lets the relevance decide.
    #[serde(default, deserialize_with = "flag")]
    pub search_all_agents: Option<bool>,
}

impl Request {
    /// The question. An empty one asks for what matters most.
    #[must_use]
    pub fn query(&self) -> String {
        self.query.trim().chars().take(MAX_QUERY).collect()
    }

    /// The caller, or `None` for a withheld number.
    #[must_use]
    pub fn caller(&self, trust_user_id: bool) -> Option<CallerId> {
        let user = self.user_id.as_deref().filter(|_| trust_user_id);
        self.caller_id.as_deref().and_then(CallerId::from_phone).or_else(|| user.and_then(CallerId::from_user_id))
    }
}

/// A language model fills this in, and models write booleans as words too.
fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Flag {
        Bool(bool),
        Word(String),
    }
    match Option::<Flag>::deserialize(deserializer)? {
        None => Ok(None),
        Some(Flag::Bool(flag)) => Ok(Some(flag)),
        Some(Flag::Word(word)) => match word.trim().to_ascii_lowercase().as_str() {
            "" => Ok(None),
            "true" | "yes" => Ok(Some(true)),
            "false" | "no" => Ok(Some(false)),
            _ => Err(serde::de::Error::custom("search_all_agents is true or false")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Request, serde_json::Error> {
        serde_json::from_str(body)
    }

    #[test]
    fn the_guides_request_is_read() {
        let request = read(r#"{"query":"order number","caller_id":"+15551234567","agent_id":"test_agent"}"#).unwrap();
        assert_eq!(request.caller(false).unwrap().as_str(), "+15551234567");
        assert_eq!(request.query(), "order number");
        assert_eq!(request.search_all_agents, None);
    }

    #[test]
    fn only_the_question_is_required() {
        assert!(read(r#"{"query":"x","caller_id":null,"agent_id":null,"conversation_id":null}"#).is_ok());
        for body in [
            "{}",
            r#"{"query":null}"#,
            r#"{"query":7}"#,
            r#"{"query":"x","agent_id":"a/b"}"#,
            r#"{"query":"x","search_all_agents":"perhaps"}"#,
        ] {
            assert!(read(body).is_err(), "{body}");
        }
    }

    #[test]
    fn a_flag_in_words_is_a_flag() {
        for (word, flag) in
            [("true", Some(true)), ("\"True\"", Some(true)), ("\"no\"", Some(false)), ("null", None), ("\"\"", None)]
        {
            assert_eq!(
                read(&format!(r#"{{"query":"x","search_all_agents":{word}}}"#)).unwrap().search_all_agents,
                flag
            );
        }
    }
}
