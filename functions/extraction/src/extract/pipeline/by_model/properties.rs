//! Property tests: whatever callers say and models answer, no secret is sent or stored.

use common::call::Role;
use common::elevenlabs::event::read_transcription;
use common::settings::Settings;
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::json;

use super::requests::PartAnswer;
use super::*;
use crate::Record;
use crate::extract::greeting::MAX_WORDS;
use crate::extract::pipeline::compose::{Origin, record};
use crate::extract::pipeline::model_output;
use crate::extract::pipeline::storage_rules::storable_memories;
use crate::extract::pipeline::task::Task;
use crate::extract::redaction::transcript_masking;

const SECRETS: [&str; 4] = [
    "4111 1111 1111 1111",
    "378282246310005",
    "482913",
    "hunter2",
];

/// A turn: one with a secret, a plain one, or arbitrary text.
fn turn_text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(format!("My card is {}.", SECRETS[0])),
        Just(format!("Sure, it's {}, thanks", SECRETS[1])),
        Just(format!("The code is {} I think.", SECRETS[2])),
        Just(format!("my password is {}", SECRETS[3])),
        Just("What is the code that we sent you?".to_owned()),
        Just("Yes, I live at nine Mill Lane and always want express shipping.".to_owned()),
        "\\PC{0,80}",
    ]
}

/// A text from a model, often far too long.
fn model_text() -> impl Strategy<Value = String> {
    prop_oneof![
        turn_text(),
        (turn_text(), 1usize..60).prop_map(|(text, times)| text.repeat(times)),
        "(\\PC{0,12} ){0,90}"
    ]
}

prop_compose! {
    fn claim(turns: usize)(
        content in model_text(), quote in turn_text(), own in any::<bool>(), turn in -2i64..12, place in 0..turns,
        importance in any::<i64>(), hints in proptest::collection::vec(model_text(), 0..20),
    ) -> (serde_json::Value, Option<usize>) {
        let claim = json!({"content": content, "category": "factual", "importance": importance, "entities": hints,
            "search_hints": hints, "turn": turn, "quote": quote, "repeats": turn, "supersedes": null});
        (claim, own.then_some(place))
    }
}

prop_compose! {
    /// A call and a model's answer about it. Half of the claims quote a real turn, whoever said it.
    fn call_and_answer()(turns in proptest::collection::vec((any::<bool>(), turn_text()), 1..8))(
        claims in proptest::collection::vec(claim(turns.len()), 0..6), turns in Just(turns),
        greeting in model_text(), summary in model_text(), issues in proptest::collection::vec(model_text(), 0..15),
        name in proptest::option::of(turn_text()),
    ) -> (Vec<(bool, String)>, serde_json::Value) {
        let quoting = |(mut claim, place): (serde_json::Value, Option<usize>)| {
            if let Some(place) = place {
                claim["quote"] = json!(turns[place].1);
            }
            claim
        };
        let claims: Vec<_> = claims.into_iter().map(quoting).collect();
        let answer = json!({"memories": claims, "greeting": greeting, "summary": summary, "open_issues": issues,
            "caller_name": name, "language": "en"});
        (turns, answer)
    }
}

/// Returns what is sent to the model, and the record made from its answer.
fn sent_and_recorded(
    turns: &[(bool, String)],
    answer: &serde_json::Value,
) -> (String, Record, Transcript) {
    let spoken: Vec<_> = turns
        .iter()
        .map(|(is_caller, text)| json!({"role": if *is_caller { "user" } else { "agent" }, "message": text}))
        .collect();
    let body = json!({"type": "post_call_transcription", "data": {"conversation_id": "conv_1", "agent_id": "agent_1",
        "transcript": spoken}});
    let call = read_transcription(body.to_string().as_bytes()).unwrap();
    let transcript = transcript_masking::mask_transcript(&call.transcript(false));
    let known = PriorKnowledge {
        memories: Vec::new(),
        card: None,
        profile: None,
    };
    let settings = Settings::read(|name| {
        (name == "OPENMEMORY_API_URL").then(|| "http://127.0.0.1:1".to_owned())
    })
    .unwrap();
    let sent = prompt::user(
        transcript.turns(),
        0,
        &"2026-11-27T10:00[UTC]".parse().unwrap(),
        &[],
        None,
    );
    let part = PartAnswer {
        answer: model_output::parse(&answer.to_string()).unwrap(),
        known: Vec::new(),
    };
    let (claims, rest) = merge(vec![part]);
    let task = Task {
        call: &call,
        known: &known,
        settings: &settings.memory,
        redo: None,
        now: Timestamp::UNIX_EPOCH,
    };
    let origin = Origin {
        provider: "openai",
        model: None,
        cost: None,
        declined: None,
    };
    let mut draft = ground_claims(
        claims,
        rest,
        &transcript,
        &HashSet::new(),
        task.private_policy(),
    );
    let memories = storable_memories(&mut draft, &task);
    (sent, record(draft, memories, &task, origin), transcript)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn stored_memories_quote_the_caller_are_short_and_hold_no_secret((turns, answer) in call_and_answer()) {
        let (sent, record, transcript) = sent_and_recorded(&turns, &answer);
        let stored = serde_json::to_string(&record).unwrap();
        for secret in SECRETS {
            prop_assert!(!sent.contains(secret), "{secret} was sent: {sent}");
            prop_assert!(!stored.contains(secret), "{secret} was stored: {stored}");
        }
        prop_assert!(record.greeting.split_whitespace().count() <= MAX_WORDS);
        for memory in &record.memories {
            prop_assert!(memory.content.chars().count() <= 300);
            let turn = memory.turn.and_then(|turn| transcript.turns().get(turn));
            prop_assert_eq!(turn.map(|turn| turn.role), Some(Role::Caller));
            prop_assert!(memory.quote.as_deref().is_some_and(|quote| !quote.is_empty()));
        }
    }
}
