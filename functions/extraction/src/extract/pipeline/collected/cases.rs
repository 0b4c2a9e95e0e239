//! Runs `tests/cases/collected-items.json`: each case has a call, the values that ElevenLabs
//! collected, and the expected memories.

use common::elevenlabs::event::read_transcription;
use common::memory::{Memory, MemoryId};
use common::settings::Settings;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::*;
use crate::extract::pipeline::analysis;
use crate::extract::pipeline::compose::{Origin, record};
use crate::extract::pipeline::storage_rules::storable_memories;
use crate::extract::redaction::transcript_masking;
use crate::{PriorKnowledge, Record};

#[derive(Deserialize)]
struct Case {
    name: String,
    language: String,
    transcript: Vec<String>,
    values: Value,
    #[serde(default)]
    summary: String,
    memories: Vec<String>,
    caller_name: Option<String>,
    #[serde(default)]
    open_issues: Vec<String>,
    #[serde(default)]
    dropped: Value,
    /// Number of private facts withheld.
    #[serde(default)]
    withheld: u64,
}

fn run(case: &Case) -> Record {
    run_with_memories(case, Vec::new())
}

/// Runs a case for an agent that already has memories.
fn run_with_memories(case: &Case, memories: Vec<Memory>) -> Record {
    let turn = |line: &String| {
        let (speaker, text) = line.split_once(": ").unwrap();
        json!({"role": if speaker == "C" { "user" } else { "agent" }, "message": text})
    };
    let turns: Vec<Value> = case.transcript.iter().map(turn).collect();
    let results: serde_json::Map<String, Value> = case
        .values
        .as_object()
        .unwrap()
        .iter()
        .map(|(id, value)| {
            (
                id.clone(),
                json!({"data_collection_id": id, "value": value, "rationale": "heard"}),
            )
        })
        .collect();
    let body = json!({"type": "post_call_transcription", "event_timestamp": 1_795_773_600, "data": {
        "conversation_id": "conv_1", "agent_id": "agent_1", "transcript": turns,
        "analysis": {"transcript_summary": case.summary, "data_collection_results": results},
        "metadata": {"start_time_unix_secs": 1_795_773_600, "main_language": case.language}}});
    let call = read_transcription(body.to_string().as_bytes()).unwrap();
    let settings = Settings::read(|name| {
        (name == "OPENMEMORY_API_URL").then(|| "http://127.0.0.1:1".to_owned())
    })
    .unwrap();
    let known = PriorKnowledge {
        memories,
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
    let transcript = transcript_masking::masked_call(&call, &settings.memory);
    let origin = Origin {
        provider: "none",
        model: None,
        cost: None,
        declined: None,
    };
    let mut draft = analysis::draft(&task, &transcript);
    let memories = storable_memories(&mut draft, &task);
    record(draft, memories, &task, origin)
}

#[test]
fn collected_items_become_memories_if_the_call_supports_them() {
    let cases: Vec<Case> = serde_json::from_str(include_str!(
        "../../../../../../tests/cases/collected-items.json"
    ))
    .unwrap();
    assert!(cases.len() >= 25);
    let mut failed = Vec::new();
    for case in &cases {
        let record = run(case);
        let memories: Vec<&str> = record
            .memories
            .iter()
            .map(|memory| memory.content.as_str())
            .collect();
        let dropped = if case.dropped.is_null() {
            json!({})
        } else {
            case.dropped.clone()
        };
        let withheld: usize = record.withheld.values().sum();
        let is_right = memories == case.memories
            && record.caller_name == case.caller_name
            && record.open_issues == case.open_issues
            && json!(record.dropped) == dropped
            && withheld as u64 == case.withheld;
        if !is_right {
            failed.push(format!(
                "{}: {memories:?} name {:?} issues {:?} dropped {:?} withheld {withheld}",
                case.name, record.caller_name, record.open_issues, record.dropped
            ));
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

fn known(id: &str, content: &str) -> Memory {
    Memory {
        id: MemoryId(id.to_owned()),
        content: content.to_owned(),
        relevance: 1.0,
        importance: Importance::clamped(7),
        category: None,
        search_hints: Vec::new(),
        timestamp: None,
        conversation_id: None,
        agent_id: Some(common::call::AgentId::parse("agent_1").unwrap()),
        channel: None,
        reinforcement_count: 1,
        is_pinned: false,
        speaker: None,
        superseded_at: None,
    }
}

#[test]
fn a_later_form_of_address_supersedes_the_earlier_one_but_a_preference_does_not() {
    let case: Case = serde_json::from_value(json!({"name": "", "language": "de", "memories": [],
        "transcript": ["A: Guten Tag.", "C: Sagen Sie bitte Frau Weber. Lieferungen nur vormittags, und ohne Karton."],
        "values": {"elaaoms_form_of_address": "Frau Weber", "elaaoms_preferences": "Lieferungen nur vormittags; ohne Karton"}}))
    .unwrap();
    let earlier = vec![
        known("m1", "Form of address: du"),
        known("m2", "Vorliebe: Zahlung per Rechnung"),
        known("m3", "Vorliebe: lieferungen nur vormittags"),
    ];
    let changes: Vec<(String, Change)> = run_with_memories(&case, earlier)
        .memories
        .into_iter()
        .map(|memory| (memory.content, memory.change))
        .collect();
    let id = |id: &str| MemoryId(id.to_owned());
    assert_eq!(
        changes,
        [
            (
                "Anrede: Frau Weber".to_owned(),
                Change::Supersedes(id("m1"))
            ),
            (
                "Vorliebe: Lieferungen nur vormittags".to_owned(),
                Change::Repeats(id("m3"))
            ),
            ("Vorliebe: ohne Karton".to_owned(), Change::New),
        ]
    );
}
