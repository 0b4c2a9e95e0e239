//! Runs `tests/cases/reversals.json`: each case has what a caller said and a claim of a model that
//! says the same or the reverse.
//!
//! `cargo test -p extraction --lib reversals -- --nocapture` prints recall and precision of the
//! rejections for each kind of case.

use std::collections::BTreeMap;

use common::call::{AgentId, Role, Turn};
use common::memory::StoreSensitive;
use serde::Deserialize;
use serde_json::json;

use super::requests::PartAnswer;
use super::*;
use crate::extract::pipeline::model_output;
use crate::extract::redaction::private::PrivatePolicy;

const CASES: &str = include_str!("../../../../../../tests/cases/reversals.json");

#[derive(Deserialize)]
struct Case {
    name: String,
    /// The agent's turn before the caller's.
    agent: Option<String>,
    caller: String,
    content: String,
    /// The whole turn if absent.
    quote: Option<String>,
    kept: bool,
    #[serde(default)]
    known_failure: bool,
}

/// How many claims were rejected, of those that had to be and of those that had to be kept.
#[derive(Default)]
struct Rate {
    reversals: (usize, usize),
    true_claims: (usize, usize),
}

fn is_kept(case: &Case) -> bool {
    let turn = |role, text: &str| Turn {
        role,
        text: text.to_owned(),
    };
    let agent = case.agent.as_deref().unwrap_or("Hi.");
    let transcript = Transcript::new([turn(Role::Agent, agent), turn(Role::Caller, &case.caller)]);
    let quote = case.quote.as_deref().unwrap_or(&case.caller);
    let answer = json!({"memories": [{"content": case.content, "turn": 1, "quote": quote,
        "category": "factual", "importance": 5, "entities": [], "search_hints": []}]});
    let part = PartAnswer {
        answer: model_output::parse(&answer.to_string()).unwrap(),
        known: Vec::new(),
    };
    let (claims, rest) = merge(vec![part]);
    let policy = PrivatePolicy {
        rules: &StoreSensitive::default(),
        agent: &AgentId::parse("agent_1").unwrap(),
    };
    let draft = ground_claims(claims, rest, &transcript, &HashSet::new(), policy);
    draft.memories.len() == 1
}

#[test]
fn a_claim_that_reverses_what_was_said_is_rejected() {
    let cases: Vec<Case> = serde_json::from_str(CASES).unwrap();
    let mut rates: BTreeMap<&str, Rate> = BTreeMap::new();
    let mut wrong: Vec<&str> = Vec::new();
    for case in &cases {
        let kept = is_kept(case);
        let kind = case.name.split('-').next().unwrap_or_default();
        for kind in [kind, "all"] {
            let rate = rates.entry(kind).or_default();
            let (rejected, all) = if case.kept {
                &mut rate.true_claims
            } else {
                &mut rate.reversals
            };
            *rejected += usize::from(!kept);
            *all += 1;
        }
        if kept != case.kept {
            println!(
                "kept {kept} {}: {} | {}",
                case.name, case.caller, case.content
            );
            wrong.push(&case.name);
        }
    }
    for (
        kind,
        Rate {
            reversals,
            true_claims,
        },
    ) in &rates
    {
        println!("{kind}: {reversals:?} reversals and {true_claims:?} true claims rejected");
    }
    let known = cases.iter().filter(|case| case.known_failure);
    assert_eq!(wrong, known.map(|case| &*case.name).collect::<Vec<_>>());
}
