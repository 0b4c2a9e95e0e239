//! Whether a kept event names a caller although it is not a transcription with that caller: a call
//! that never came about, an event of an unknown type, or a body that could not be parsed.

mod json;
mod text;

use std::collections::BTreeSet;

use common::call::{CallerId, ConversationId};
use serde_json::Value;

/// How the body says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// Any field may name the caller.
    WholeEvent,
    /// A transcription without a caller: what was said, and who was called, names nobody.
    OnlyParties,
}

/// Whether the body names the caller. In JSON a text has to be the caller, in whatever form numbers
/// are written, or hold the number as a word; the id of a web session counts only in a `user_id`,
/// because it may be any word. In a body that is not JSON, numbers are looked for between any other
/// characters.
pub(super) fn names(body: &[u8], caller: &CallerId, reading: Reading) -> bool {
    match parsed(body) {
        Some(body) => json::names(&body, caller, reading),
        None => reading == Reading::WholeEvent && text::names(body, caller),
    }
}

/// The conversations that a body without a readable envelope names.
pub(super) fn conversations(body: &[u8]) -> BTreeSet<ConversationId> {
    let ids = match parsed(body) {
        Some(body) => json::fields(&body, "conversation_id"),
        None => text::values_of(body, "conversation_id"),
    };
    ids.into_iter()
        .filter_map(|id| ConversationId::parse(id).ok())
        .collect()
}

fn parsed(body: &[u8]) -> Option<Value> {
    serde_json::from_slice(&common::json::repaired(body)).ok()
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;
    use serde::Deserialize;

    use super::*;
    use crate::memories::caller;

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
                _ => panic!("{}: one of body, text and base64", self.name),
            }
        }
    }

    #[test]
    fn a_kept_event_names_a_caller_in_whatever_form_it_is_broken() {
        let cases = include_str!("../../../../tests/cases/mentioned-callers.json");
        let cases: Vec<Case> = serde_json::from_str(cases).unwrap();
        assert!(
            cases.iter().filter(|case| case.is_named).count() > 20
                && cases.iter().any(|case| !case.is_named)
        );
        let mut failed = Vec::new();
        for case in cases {
            let (body, caller) = (case.bytes(), caller(&case.caller).unwrap());
            let found: Vec<String> = conversations(&body)
                .iter()
                .map(ToString::to_string)
                .collect();
            if names(&body, &caller, Reading::WholeEvent) != case.is_named
                || found != case.conversations
            {
                failed.push(format!("{}: {found:?}", case.name));
            }
        }
        assert_eq!(failed, Vec::<String>::new());
    }

    #[test]
    fn in_a_transcription_without_a_caller_neither_speech_nor_the_number_called_names_one() {
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
                names(body.as_bytes(), &caller, Reading::OnlyParties),
                is_named,
                "{body}"
            );
        }
    }
}
