mod text_vectors;
mod time;

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::*;
use crate::embedding::Table;
use crate::memory::{CallerId, MemoryId, Superseded, VectorSimilarity};
use crate::ranking::TextVectors;

fn memory(content: &str, importance: u8, said_on: &str) -> Memory {
    let at: Timestamp = format!("{said_on}T12:00:00Z").parse().unwrap();
    Memory {
        id: MemoryId::random(),
        agent_id: AgentId::parse("agent").unwrap(),
        caller_id: CallerId::parse("+12025550142").unwrap(),
        content: content.to_owned(),
        metadata: Map::new(),
        importance,
        reinforcement_count: 1,
        created_at: at,
        updated_at: at,
        happened_at: at,
        expires_at: None,
        superseded: None,
        told_as: None,
    }
}

fn search(query: &str, min_relevance: Option<f64>) -> Search {
    Search {
        callers: Callers::new(CallerId::parse("+12025550142").unwrap(), []).unwrap(),
        agent_id: None,
        distinct: false,
        explain: false,
        query: query.to_owned(),
        include_superseded: true,
        filter: Filter::default(),
        limit: 5,
        min_relevance,
    }
}

fn found(
    query: &str,
    min_relevance: Option<f64>,
    memories: Vec<Memory>,
    method: &Method,
) -> Vec<SearchHit> {
    let among = memories.len();
    search(query, min_relevance)
        .run(
            CandidateSet::all(memories, among),
            method,
            "2026-07-01T12:00:00Z".parse().unwrap(),
        )
        .best
}

fn word_vectors() -> Method {
    Method::WordVectors(Table::bundled().unwrap())
}

fn read(path: &str) -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

fn contents_and_relevance(found: &[SearchHit]) -> Vec<(String, f64)> {
    found
        .iter()
        .map(|found| {
            (
                found.memory.content.clone(),
                (found.relevance * 1_000.0).round(),
            )
        })
        .collect()
}

#[test]
fn a_word_is_found_in_every_script_by_words_alone() {
    for case in read("../tests/cases/scripts.json").as_array().unwrap() {
        let content = case["memory"].as_str().unwrap();
        for query in case["queries"].as_array().unwrap() {
            let memories = vec![
                memory("Prefers express shipping", 5, "2026-01-01"),
                memory(content, 5, "2026-01-01"),
            ];
            let found = found(query.as_str().unwrap(), None, memories, &Method::Words);
            assert_eq!(found.len(), 1, "{}: {query}", case["name"]);
            assert_eq!(
                found[0].memory.content, content,
                "{}: {query}",
                case["name"]
            );
        }
    }
}

#[test]
fn labelled_questions_are_answered_among_the_first_five() {
    let mut answerable = 0;
    let mut hits = 0;
    let mut other = 0;
    let mut claims = 0;
    for caller in read("benchmarks/recall/callers.json")["callers"]
        .as_array()
        .unwrap()
    {
        let memories: Vec<Memory> = caller["memories"]
            .as_array()
            .unwrap()
            .iter()
            .map(case_memory)
            .collect();
        for question in caller["questions"].as_array().unwrap() {
            let query = question["query"].as_str().unwrap();
            let found = found(query, Some(0.0), memories.clone(), &word_vectors());
            assert_eq!(found.len(), 5, "{query}: all hits are returned");
            let right = question["right"].as_array().unwrap();
            if right.is_empty() {
                other += 1;
                claims += usize::from(found.iter().any(|found| found.relevance >= 0.7));
                continue;
            }
            let is_right = |found: &SearchHit| {
                right
                    .iter()
                    .any(|number| is_number(number, &found.memory, &memories))
            };
            answerable += 1;
            hits += usize::from(found.iter().any(is_right));
        }
    }
    assert!(hits * 100 >= answerable * 84, "{hits} of {answerable}");
    assert!(claims * 10 <= other, "{claims} of {other}");
}

fn case_memory(case: &Value) -> Memory {
    let importance = u8::try_from(case["importance"].as_u64().unwrap()).unwrap();
    memory(
        case["text"].as_str().unwrap(),
        importance,
        case["said_on"].as_str().unwrap(),
    )
}

fn is_number(number: &Value, memory: &Memory, memories: &[Memory]) -> bool {
    let at = usize::try_from(number.as_u64().unwrap()).unwrap() - 1;
    memories[at].content == memory.content
}

#[test]
fn unrelated_memories_are_returned_only_on_request() {
    let memories = || {
        vec![
            memory("Zylqq vorbnt", 4, "2026-01-01"),
            memory("Qworv plyxx", 8, "2026-01-01"),
        ]
    };
    for method in [Method::Words, word_vectors()] {
        assert!(found("passport photograph", None, memories(), &method).is_empty());
        let all = found("passport photograph", Some(0.0), memories(), &method);
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].memory.importance, 8, "the important one first");
        assert!(all.iter().all(|found| found.relevance < 0.35));
    }
}

#[test]
fn a_pinned_memory_comes_first_if_nothing_answers() {
    let mut pinned = memory("Zylqq vorbnt", 5, "2026-01-01");
    pinned.metadata = json!({"pinned": true}).as_object().unwrap().clone();
    let memories = vec![pinned, memory("Qworv plyxx", 6, "2026-01-01")];
    assert!(
        found("passport", Some(0.0), memories, &Method::Words)[0]
            .memory
            .is_pinned()
    );
}

#[test]
fn an_address_answers_a_question_for_one_without_a_shared_word() {
    let memories = vec![
        memory("Quay Street 14, 20457 Hamburg", 5, "2026-01-01"),
        memory("Likes jazz", 5, "2026-01-01"),
        memory("Pays by card", 5, "2026-01-01"),
    ];
    for query in ["delivery address", "Lieferadresse", "dirección de entrega"] {
        let found = found(query, Some(0.0), memories.clone(), &word_vectors());
        assert!(found[0].memory.content.contains("Quay Street"), "{query}");
        assert!(
            (0.35..0.7).contains(&found[0].relevance),
            "{query}: {}",
            found[0].relevance
        );
    }
}
