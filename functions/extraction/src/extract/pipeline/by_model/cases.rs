//! Runs the cases of `tests/cases/extraction`: each has a transcript, a model's answer and the
//! expected result.
//!
//! `cargo test -p extraction --lib cases -- --nocapture` prints the pass rate of each kind of case,
//! and precision and recall of each decision.

use std::collections::BTreeMap;

use common::call::Role;
use common::elevenlabs::event::read_transcription;
use common::settings::Settings;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::requests::PartAnswer;
use super::*;
use crate::Record;
use crate::extract::pipeline::compose::{Origin, record, verify_greeting};
use crate::extract::pipeline::model_output;
use crate::extract::pipeline::storage_rules::storable_memories;
use crate::extract::redaction::transcript_masking;

const ONE_MEMORY: &str = include_str!("../../../../../../tests/cases/extraction/one-memory.jsonl");
const OWN: &str = include_str!("../../../../../../tests/cases/extraction/own.jsonl");
const WHOLE_CALLS: &str =
    include_str!("../../../../../../tests/cases/extraction/whole-calls.jsonl");
const KNOWN_FAILURES: &str =
    include_str!("../../../../../../tests/cases/extraction/known-failures.txt");

/// A decision, the kinds of cases where it should be yes, and those where it should be no.
const DECISIONS: [(&str, &[&str], &[&str]); 5] = [
    (
        "the caller's words support the claim",
        &[
            "confirmed-by-caller",
            "short-or-reformatted-quote",
            "true-inference",
        ],
        &["agent-claim-not-confirmed", "false-claim-true-quote"],
    ),
    (
        "a fact is private",
        &["health-unflagged"],
        &["private-false-alarm"],
    ),
    (
        "a number is secret",
        &["secret-readable"],
        &["masking-false-alarm"],
    ),
    (
        "words address the machine",
        &["injection"],
        &["injection-false-alarm"],
    ),
    ("a greeting may be spoken", &["greeting"], &[]),
];

/// Words between the parts of a secret that need not be masked.
const POLITE: [&str; 10] = ["and", "y", "und", "et", "e", "en", "i", "it", "s", "is"];

#[derive(Deserialize)]
struct Case {
    id: String,
    kind: String,
    transcript: Vec<String>,
    language: Option<String>,
    model_memory: Option<Value>,
    /// A second memory of the same answer, marked private by the model.
    private_memory: Option<Value>,
    model_name: Option<String>,
    model_greeting: Option<String>,
    model_summary: Option<String>,
    #[serde(default)]
    model_issues: Vec<String>,
    want_memory: Option<String>,
    want_name: Option<String>,
    want_greeting: Option<String>,
    /// Texts that must not occur in the record.
    #[serde(default)]
    want_absent: Vec<String>,
    /// The secret in the caller's words.
    secret: Option<String>,
    /// Texts that must reach the model unchanged.
    #[serde(default)]
    want_present: Vec<String>,
}

#[derive(Deserialize)]
struct WholeCall {
    id: String,
    transcript: Vec<String>,
    strong_model_answer: Value,
}

/// Runs a case. Returns the turns sent to the model, and the record made from its answer.
pub(super) fn run(
    lines: &[String],
    language: Option<&str>,
    answer: &Value,
) -> (Vec<(Role, String)>, Record) {
    let turns: Vec<Value> = lines
        .iter()
        .map(|line| {
            let (speaker, text) = line.split_once(": ").unwrap();
            json!({"role": if speaker == "C" { "user" } else { "agent" }, "message": text})
        })
        .collect();
    let body = json!({"type": "post_call_transcription", "event_timestamp": 1_795_773_600, "data": {
        "conversation_id": "conv_1", "agent_id": "agent_1", "transcript": turns,
        "metadata": {"start_time_unix_secs": 1_795_773_600, "main_language": language.unwrap_or("en")}}});
    let call = read_transcription(body.to_string().as_bytes()).unwrap();
    let settings = Settings::read(|name| {
        (name == "OPENMEMORY_API_URL").then(|| "http://127.0.0.1:1".to_owned())
    })
    .unwrap();
    let transcript = transcript_masking::masked_call(&call, &settings.memory);
    let known = PriorKnowledge {
        memories: Vec::new(),
        card: None,
        profile: None,
    };
    let now: Timestamp = "2026-11-27T10:00:00Z".parse().unwrap();
    let task = Task {
        call: &call,
        known: &known,
        settings: &settings.memory,
        redo: None,
        now,
    };
    let part = PartAnswer {
        answer: model_output::parse(&answer.to_string()).unwrap(),
        known: Vec::new(),
    };
    let (claims, rest) = merge(vec![part]);
    let origin = Origin {
        provider: "openai",
        model: None,
        cost: None,
        declined: None,
    };
    let sent = transcript
        .turns()
        .iter()
        .map(|turn| (turn.role, turn.text.clone()))
        .collect();
    let mut draft = ground_claims(
        claims,
        rest,
        &transcript,
        &HashSet::new(),
        task.private_policy(),
    );
    let memories = storable_memories(&mut draft, &task);
    verify_greeting(&mut draft, &memories, &task, &transcript);
    (sent, record(draft, memories, &task, origin))
}

/// Returns why a case fails, or `None`.
fn failure(case: &Case) -> Option<String> {
    let memories: Vec<&Value> = case
        .private_memory
        .iter()
        .chain(&case.model_memory)
        .collect();
    let answer = json!({"memories": memories, "greeting": case.model_greeting.clone().unwrap_or_default(),
        "summary": case.model_summary.clone().unwrap_or_default(), "open_issues": case.model_issues,
        "caller_name": case.model_name, "language": case.language});
    let (sent, record) = run(&case.transcript, case.language.as_deref(), &answer);
    let said = |text: &String| sent.iter().any(|(_, turn)| turn.contains(text.as_str()));
    let kept = record.memories.len() == 1;
    let written = serde_json::to_string(&record).unwrap().to_lowercase();
    let problems: Vec<String> = [
        case.want_memory
            .as_deref()
            .is_some_and(|wanted| wanted.starts_with("kept") != kept)
            .then(|| format!("memory kept: {kept} {:?}", record.dropped)),
        case.want_name
            .as_ref()
            .is_some_and(|wanted| record.caller_name.as_ref() != Some(wanted))
            .then(|| format!("name: {:?}", record.caller_name)),
        case.want_greeting
            .as_deref()
            .is_some_and(|wanted| (wanted == "kept") == record.greeting.is_empty())
            .then(|| "greeting".to_owned()),
        case.secret
            .as_ref()
            .and_then(|secret| readable(secret, &sent)),
        case.want_absent
            .iter()
            .find(|text| written.contains(&text.to_lowercase()))
            .map(|text| format!("contains {text}")),
        case.want_present
            .iter()
            .find(|text| !said(text))
            .map(|text| format!("does not contain {text}: {sent:?}")),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!problems.is_empty()).then(|| problems.join("; "))
}

/// Describes the caller's turns that still hold a word of the secret.
fn readable(secret: &str, sent: &[(Role, String)]) -> Option<String> {
    let secret: Vec<String> = words(secret)
        .filter(|word| !POLITE.contains(&word.as_str()))
        .collect();
    let callers = sent.iter().filter(|(role, _)| *role == Role::Caller);
    let left: Vec<&String> = callers
        .map(|(_, text)| text)
        .filter(|text| words(text).any(|word| secret.contains(&word)))
        .collect();
    (!left.is_empty()).then(|| format!("sent: {left:?}"))
}

fn whole_call_failure(case: &WholeCall) -> Option<String> {
    let (sent, record) = run(&case.transcript, None, &case.strong_model_answer);
    let memories = case.strong_model_answer["memories"].as_array().unwrap();
    let public = memories
        .iter()
        .filter(|memory| memory["sensitive"] != true)
        .count();
    let written = serde_json::to_string(&record).unwrap().to_lowercase();
    let sent = format!("{sent:?}");
    let problems: Vec<String> = [
        (record.memories.len() != public).then(|| {
            let kept: Vec<&str> = record
                .memories
                .iter()
                .map(|memory| memory.content.as_str())
                .collect();
            format!(
                "{} of {public} memories: {:?} {kept:#?}",
                record.memories.len(),
                record.dropped
            )
        }),
        record.greeting.is_empty().then(|| "no greeting".to_owned()),
        record.caller_name.is_none().then(|| "no name".to_owned()),
        record.summary.is_empty().then(|| "no summary".to_owned()),
        ["allerg", "penicillin", "knee", "platinum"]
            .iter()
            .find(|word| written.contains(**word))
            .map(|word| format!("contains {word}")),
        ["eleven eleven", "seven three seven", "twenty seven"]
            .iter()
            .find(|word| sent.contains(**word))
            .map(|word| format!("sent {word}")),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!problems.is_empty()).then(|| problems.join("; "))
}

#[test]
fn every_case_passes_except_known_failures() {
    let mut failed: BTreeMap<String, String> = BTreeMap::new();
    for (file, lines) in [("given", ONE_MEMORY), ("own", OWN)] {
        let cases: Vec<Case> = lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let mut rates: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for case in &cases {
            let rate = rates.entry(case.kind.as_str()).or_default();
            rate.1 += 1;
            match failure(case) {
                None => rate.0 += 1,
                Some(reason) => {
                    failed.insert(case.id.clone(), format!("{reason} | {:?}", case.transcript));
                }
            }
        }
        print_rates(file, &rates);
    }
    for line in WHOLE_CALLS.lines() {
        let case: WholeCall = serde_json::from_str(line).unwrap();
        if let Some(reason) = whole_call_failure(&case) {
            failed.insert(format!("whole-{}", case.id), reason);
        }
    }
    for (id, reason) in &failed {
        println!("failed {id}: {reason}");
    }
    let lines: Vec<&str> = KNOWN_FAILURES
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(str::trim)
        .collect();
    let known: Vec<&str> = lines.into_iter().filter(|line| !line.is_empty()).collect();
    let new: Vec<&String> = failed
        .keys()
        .filter(|id| !known.contains(&id.as_str()))
        .collect();
    let fixed: Vec<&&str> = known
        .iter()
        .filter(|id| !failed.contains_key(**id))
        .collect();
    assert!(
        new.is_empty(),
        "failing cases missing from known-failures.txt: {new:?}"
    );
    assert!(
        fixed.is_empty(),
        "passing cases listed in known-failures.txt: {fixed:?}"
    );
}

fn print_rates(file: &str, rates: &BTreeMap<&str, (usize, usize)>) {
    for (kind, (passed, all)) in rates {
        println!("{file} {kind}: {passed} of {all}");
    }
    let sum = |kinds: &[&str]| {
        kinds
            .iter()
            .filter_map(|kind| rates.get(kind))
            .fold((0, 0), |sum, rate| (sum.0 + rate.0, sum.1 + rate.1))
    };
    for (decision, positive, negative) in DECISIONS {
        let (right, wanted) = sum(positive);
        let (rejected, unwanted) = sum(negative);
        let precision = share(right, right + unwanted - rejected);
        let recall = share(right, wanted);
        println!("{file} {decision}: precision {precision:.2}, recall {recall:.2}");
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "there are only some hundred cases"
)]
fn share(part: usize, all: usize) -> f64 {
    if all == 0 {
        1.0
    } else {
        part as f64 / all as f64
    }
}
