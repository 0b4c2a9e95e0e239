//! Callers with so many memories that a search loads only some of them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::service::{ALICE, Service, memory, memory_with};
use crate::small_talk;

/// Number of small-talk memories.
const MANY: usize = 600;

async fn crowded() -> Service {
    let service = Service::start().await;
    let answers = [
        memory(ALICE, "She lives at 14 Quay Street."),
        memory_with(
            ALICE,
            "Order HO-7712 arrived late",
            json!({ "metadata": { "category": "order" } }),
        ),
        memory_with(
            ALICE,
            "Sie ist gegen Nüsse allergisch.",
            json!({ "importance": 9, "agent_id": "sales" }),
        ),
    ];
    for answer in answers {
        service.post("/api/v1/memories", answer).await;
    }
    let small_talk: Vec<Value> = (0..MANY)
        .map(|at| memory(ALICE, &small_talk::sentence(at)))
        .collect();
    for part in small_talk.chunks(100) {
        service.batch(part.to_vec()).await;
    }
    service
}

async fn asked(service: &Service, query: &str, more: Value) -> Value {
    let mut body = json!({ "caller_id": ALICE, "query": query, "limit": 5, "min_relevance": 0 });
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    service.post("/api/v1/memories/search", body).await
}

fn contents(answer: &Value) -> Vec<&str> {
    answer["memories"]
        .as_array()
        .unwrap()
        .iter()
        .map(|memory| memory["content"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn an_answer_among_many_memories_is_found_by_the_same_or_other_words() {
    let service = crowded().await;
    for (query, answer) in [
        ("Where does she live?", "She lives at 14 Quay Street."),
        ("ho7712", "Order HO-7712 arrived late"),
        ("orders", "Order HO-7712 arrived late"),
        ("allergies", "Sie ist gegen Nüsse allergisch."),
    ] {
        let found = asked(&service, query, json!({})).await;
        assert!(
            contents(&found).contains(&answer),
            "{query}: {:?}",
            contents(&found)
        );
        assert_eq!(
            found["total_count"],
            MANY + 3,
            "all are there, whether they were read or not"
        );
        assert_eq!(contents(&found).len(), 5);
    }
}

#[tokio::test]
async fn filters_and_agents_apply_among_many_memories() {
    let service = crowded().await;
    let none: &[&str] = &[];
    for (more, wanted) in [
        (
            json!({ "filters": { "min_importance": 9 } }),
            &["Sie ist gegen Nüsse allergisch."] as &[&str],
        ),
        (
            json!({ "filters": { "categories": ["order"] } }),
            &["Order HO-7712 arrived late"],
        ),
        (
            json!({ "agent_id": "sales" }),
            &["Sie ist gegen Nüsse allergisch."],
        ),
        (
            json!({ "filters": { "date_range": { "end": "2020-01-01" } } }),
            none,
        ),
    ] {
        let found = asked(&service, "the carnival at the fair", more.clone()).await;
        assert_eq!(
            (contents(&found), &found["total_count"]),
            (wanted.to_vec(), &json!(wanted.len())),
            "{more}"
        );
    }
}

#[tokio::test]
async fn deleted_and_unrelated_memories_are_not_found_among_many() {
    let service = crowded().await;
    let found = asked(&service, "Where does she live?", json!({})).await;
    let at = contents(&found)
        .iter()
        .position(|content| content.contains("Quay Street"))
        .unwrap();
    let id = found["memories"][at]["memory_id"]
        .as_str()
        .unwrap()
        .to_owned();
    service.delete(&format!("/api/v1/memories/{id}")).await;
    let found = asked(&service, "Where does she live?", json!({ "limit": 100 })).await;
    let different: BTreeSet<&str> = contents(&found).into_iter().collect();
    assert_eq!(different.len(), 100, "no memory is returned twice");
    assert!(
        !different
            .iter()
            .any(|content| content.contains("Quay Street"))
    );
    assert_eq!(found["total_count"], MANY + 2);
    let sure = asked(&service, "passport", json!({ "min_relevance": 0.7 })).await;
    assert_eq!(sure["total_count"], 0);
}

#[tokio::test]
async fn memories_without_terms_are_found_among_many() {
    let service = crowded().await;
    let is_changed = service.execute("UPDATE memories SET terms = NULL").await;
    if !is_changed {
        return;
    }
    let found = asked(&service, "Where does she live?", json!({})).await;
    assert!(contents(&found).contains(&"She lives at 14 Quay Street."));
}
