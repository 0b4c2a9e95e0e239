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
    }
}

fn search(query: &str, min_relevance: Option<f64>) -> Search {
    Search {
        callers: Callers::new(CallerId::parse("+12025550142").unwrap(), []).unwrap(),
        agent_id: None,
        distinct: false,
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
fn a_question_for_the_last_one_finds_the_newest() {
    let english = [
        "She placed order 48213 for two lamps.",
        "She placed order 51977 for a shade.",
        "Is allergic to nuts.",
    ];
    let spanish = [
        "Hizo el pedido 48213: dos lámparas.",
        "Hizo el pedido 51977: una pantalla.",
        "Es alérgica a las nueces.",
    ];
    let german = [
        "Sie gab Bestellung 48213 auf: zwei Lampen.",
        "Neue Bestellung 51977: ein Schirm.",
        "Verträgt keine Nüsse.",
    ];
    for (query, [first, second, other]) in [
        ("last order number", english),
        ("most recent order", english),
        ("letzte Bestellnummer", german),
        ("último pedido", spanish),
        ("last order number", german),
        ("letzte Bestellnummer", english),
    ] {
        let memories = vec![
            memory(first, 7, "2026-01-01"),
            memory(second, 6, "2026-05-01"),
            memory(other, 9, "2026-06-01"),
        ];
        let found = found(query, Some(0.0), memories, &word_vectors());
        assert!(
            found[0].memory.content.contains("51977"),
            "{query}: {}",
            found[0].memory.content
        );
    }
}

/// Vector similarities on the scale of a model whose unrelated texts have the given cosine. A
/// distance of 0 means unrelated, 1 means identical.
fn vectors(memories: &[Memory], distances: &[f64], unrelated_cosine: f64) -> Method {
    let near = |at: f64| VectorSimilarity {
        to_query: unrelated_cosine + at * (1.0 - unrelated_cosine),
        to_mean: 0.0,
    };
    let similarities = memories
        .iter()
        .zip(distances)
        .map(|(memory, at)| (memory.id.clone(), near(*at)));
    Method::TextVectors(TextVectors::new(similarities.collect(), unrelated_cosine))
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
fn the_scale_of_a_model_changes_neither_order_nor_relevance() {
    let texts = [
        "Has a terrier",
        "Lives in Boston",
        "Pays by card",
        "Ordered two lamps",
        "Works at night",
    ];
    let memories: Vec<Memory> = texts
        .iter()
        .map(|text| memory(text, 5, "2026-01-01"))
        .collect();
    for distances in [
        [0.5, 0.1, 0.05, 0.0, 0.12],
        [0.2, 0.25, 0.21, 0.2, 0.19],
        [0.0, 0.0, 0.0, 0.7, 0.1],
    ] {
        let [wide, narrow] = [0.05, 0.8].map(|unrelated_cosine| {
            contents_and_relevance(&found(
                "any pets",
                Some(0.0),
                memories.clone(),
                &vectors(&memories, &distances, unrelated_cosine),
            ))
        });
        assert_eq!(wide, narrow);
    }
}

#[test]
fn a_single_memory_is_compared_with_unrelated_texts() {
    for unrelated_cosine in [0.05, 0.8] {
        let memories = vec![memory("Has a terrier", 5, "2026-01-01")];
        let relevance = |distance: f64| {
            let found = found(
                "any pets",
                None,
                memories.clone(),
                &vectors(&memories, &[distance], unrelated_cosine),
            );
            found.first().map(|found| found.relevance)
        };
        assert!(relevance(0.6).unwrap() >= 0.7);
        assert!(relevance(0.2).unwrap() < 0.7);
        assert_eq!(relevance(0.0), None);
    }
}

#[test]
fn word_vectors_decide_where_text_vectors_tie() {
    let texts = [
        "He likes jazz",
        "His address is Quay Street 14",
        "She pays by card",
    ];
    let memories: Vec<Memory> = texts
        .iter()
        .map(|text| memory(text, 5, "2026-01-01"))
        .collect();
    let found = found(
        "where to deliver",
        Some(0.0),
        memories.clone(),
        &vectors(&memories, &[0.1; 3], 0.1),
    );
    assert_eq!(found[0].memory.content, texts[1]);
}

#[test]
fn a_memory_no_closer_than_the_others_is_not_a_certain_answer() {
    let texts = [
        "Has a terrier",
        "Has a tabby",
        "Has a parrot",
        "Has a hamster",
    ];
    let memories: Vec<Memory> = texts
        .iter()
        .map(|text| memory(text, 5, "2026-01-01"))
        .collect();
    let sure = |distances: &[f64]| {
        let found = found(
            "pedigree",
            Some(0.0),
            memories.clone(),
            &vectors(&memories, distances, 0.1),
        );
        found[0].relevance >= 0.7
    };
    assert!(sure(&[0.6, 0.0, 0.05, 0.0]), "only one is close");
    assert!(!sure(&[0.6, 0.58, 0.6, 0.57]), "all are close");
}

#[test]
fn similarity_to_all_memories_counts_against_a_memory() {
    let memories: Vec<Memory> = (0..60)
        .map(|number| memory(&format!("Zylqq vorbnt {number}"), 5, "2026-01-01"))
        .collect();
    let near = |at: usize| match at {
        0 => VectorSimilarity {
            to_query: 0.8,
            to_mean: 0.9,
        },
        1 => VectorSimilarity {
            to_query: 0.78,
            to_mean: 0.4,
        },
        _ => VectorSimilarity {
            to_query: 0.5,
            to_mean: 0.6,
        },
    };
    let similarities = memories
        .iter()
        .enumerate()
        .map(|(at, memory)| (memory.id.clone(), near(at)))
        .collect();
    let found = found(
        "passport",
        Some(0.0),
        memories.clone(),
        &Method::TextVectors(TextVectors::new(similarities, 0.4)),
    );
    assert_eq!(found[0].memory.content, memories[1].content);
}

#[test]
fn upcoming_events_rank_before_past_ones_and_ended_facts_are_background() {
    // These searches run on 2026-07-01.
    let memories = || {
        vec![
            memory("Has a fitting on 2026-07-09 at 10:00.", 5, "2026-05-02"),
            memory("Has a fitting on 2026-06-12 at 10:00.", 5, "2026-06-01"),
            memory("Is on holiday until 2026-06-20.", 5, "2026-06-01"),
            memory("Pays by card.", 5, "2026-06-01"),
        ]
    };
    for query in [
        "next fitting",
        "upcoming fitting",
        "nächster Termin",
        "próxima cita",
        "najbliższa wizyta",
    ] {
        let found = found(query, Some(0.0), memories(), &word_vectors());
        assert!(
            found[0].memory.content.contains("07-09"),
            "{query}: {:?}",
            contents_and_relevance(&found)
        );
    }
    let last = found("last fitting", Some(0.0), memories(), &word_vectors());
    assert!(
        last[0].memory.content.contains("06-12"),
        "{:?}",
        contents_and_relevance(&last)
    );
    assert!(relevance_for_holiday("Is on holiday until 2026-06-20.") < 0.35);
    assert!(relevance_for_holiday("Is on holiday until 2026-07-20.") >= 0.7);
}

fn relevance_for_holiday(content: &str) -> f64 {
    let found = found(
        "holiday",
        Some(0.0),
        vec![memory(content, 5, "2026-06-01")],
        &word_vectors(),
    );
    found[0].relevance
}

#[test]
fn a_question_about_a_month_prefers_what_was_said_then() {
    let memories = vec![
        memory("Ordered two lamps.", 5, "2026-04-03"),
        memory("Ordered a carpet.", 5, "2026-06-12"),
        memory("Ordered curtains.", 5, "2026-06-30"),
    ];
    for (query, wanted) in [
        ("what did she order in April", "lamps"),
        ("Was hat sie im April bestellt?", "lamps"),
    ] {
        let found = found(query, Some(0.0), memories.clone(), &word_vectors());
        assert!(
            found[0].memory.content.contains(wanted),
            "{query}: {:?}",
            contents_and_relevance(&found)
        );
    }
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

#[test]
fn a_superseded_memory_held_until_its_successor_was_said() {
    let current = memory("Lives in Denver", 5, "2026-03-04");
    let link = Superseded {
        by: current.id.clone(),
        at: "2026-06-30T00:00:00Z".parse().unwrap(),
    };
    let old = Memory {
        superseded: Some(link),
        ..memory("Lives in Boston", 5, "2026-01-01")
    };
    let candidates = CandidateSet::all(vec![current], 1).with_history(vec![old]);
    assert_eq!(
        candidates.memories[1].superseded.as_ref().unwrap().at,
        "2026-03-04T12:00:00Z".parse().unwrap()
    );
}

#[test]
fn a_question_about_previous_issues_finds_issues_not_old_addresses() {
    let link = Superseded {
        by: MemoryId::random(),
        at: "2026-03-04T12:00:00Z".parse().unwrap(),
    };
    let memories = vec![
        memory(
            "The delivery arrived broken and was complained about.",
            6,
            "2026-02-01",
        ),
        memory("Lives in Denver", 5, "2026-03-04"),
        memory("Has a dog", 5, "2026-03-04"),
        Memory {
            superseded: Some(link),
            ..memory("Lives in Boston", 6, "2026-01-01")
        },
    ];
    for query in [
        "previous issues",
        "frühere Probleme",
        "problemas anteriores",
    ] {
        let found = found(query, Some(0.0), memories.clone(), &word_vectors());
        assert!(
            found[0].memory.content.contains("broken"),
            "{query}: {:?}",
            contents_and_relevance(&found)
        );
    }
}
