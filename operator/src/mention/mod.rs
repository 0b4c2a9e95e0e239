//! Finds mentions of a caller in archived events that are not a transcription with that caller:
//! calls that were never connected, events of unknown types, and payloads that could not be parsed.

mod json;
mod text;

use std::collections::BTreeSet;

use common::call::{CallerId, ConversationId};
use serde_json::Value;

/// The part of a body to search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All fields.
    WholeEvent,
    /// For a transcription without a caller: only fields about the parties. Excludes speech and the
    /// number that was called.
    PartiesOnly,
}

/// Returns whether the body names the caller.
///
/// In JSON, a string must be the caller's id, in any notation, or contain the number as a separate
/// word. The id of a web session counts only in a `user_id` field, because it can be any word. In a
/// body that is not JSON, the number counts between any other characters.
pub(crate) fn names(body: &[u8], caller: &CallerId, scope: Scope) -> bool {
    match parse(body) {
        Some(body) => json::names(&body, caller, scope),
        None => scope == Scope::WholeEvent && text::names(body, caller),
    }
}

/// Returns the ids of the conversations that a body without a readable envelope names.
pub(crate) fn conversations(body: &[u8]) -> BTreeSet<ConversationId> {
    let ids = match parse(body) {
        Some(body) => json::fields(&body, "conversation_id"),
        None => text::values_of(body, "conversation_id"),
    };
    ids.into_iter()
        .filter_map(|id| ConversationId::parse(id).ok())
        .collect()
}

fn parse(body: &[u8]) -> Option<Value> {
    serde_json::from_slice(&common::json::repaired(body)).ok()
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;
    use serde::Deserialize;

    use super::*;

    fn caller(text: &str) -> Option<CallerId> {
        match text.strip_prefix("user:") {
            Some(id) => CallerId::from_user_id(id),
            None => CallerId::from_phone(text),
        }
    }

    #[derive(Deserialize)]
    struct Case {
        name: String,
        caller: String,
        body: Option<Value>,
        text: Option<String>,
        base64: Option<String>,
        is_named: bool,
        #[serde(default)]
        conversations: Vec<String>,
    }

    impl Case {
        fn bytes(&self) -> Vec<u8> {
            match (&self.body, &self.text, &self.base64) {
                (Some(body), None, None) => body.to_string().into_bytes(),
                (None, Some(text), None) => text.clone().into_bytes(),
                (None, None, Some(bytes)) => BASE64_STANDARD.decode(bytes).unwrap(),
                _ => panic!("{}: needs exactly one of body, text and base64", self.name),
            }
        }
    }

    #[test]
    fn callers_are_found_in_malformed_events() {
        let cases = include_str!("../../../tests/cases/mentioned-callers.json");
        let cases: Vec<Case> = serde_json::from_str(cases).unwrap();
        assert!(
            cases.iter().filter(|case| case.is_named).count() > 20
                && cases.iter().any(|case| !case.is_named)
        );
        let mut failed = Vec::new();
        for case in cases {
            let body = case.bytes();
            let caller = caller(&case.caller).unwrap();
            let found: Vec<String> = conversations(&body)
                .iter()
                .map(ToString::to_string)
                .collect();
            if names(&body, &caller, Scope::WholeEvent) != case.is_named
                || found != case.conversations
            {
                failed.push(format!("{}: {found:?}", case.name));
            }
        }
        assert_eq!(failed, Vec::<String>::new());
    }

    #[test]
    fn in_a_transcription_without_a_caller_speech_and_the_called_number_do_not_count() {
        let caller = caller("+12025550142").unwrap();
        for (body, is_named) in [
            (
                r#"{"data": {"metadata": {"phone_call": {"external_number": 12025550142}}}}"#,
                true,
            ),
            (
                r#"{"data": {"metadata": {"phone_call": {"agent_number": "+12025550142"}}}}"#,
                false,
            ),
            (
                r#"{"data": {"transcript": [{"message": "+12025550142"}], "analysis": {"x": "+12025550142"}}}"#,
                false,
            ),
            (
                r#"{"data": {"conversation_initiation_client_data": {"dynamic_variables": {"system__called_number": "+12025550142"}}}}"#,
                false,
            ),
            ("not json +12025550142", false),
        ] {
            assert_eq!(
                names(body.as_bytes(), &caller, Scope::PartiesOnly),
                is_named,
                "{body}"
            );
        }
    }
}
