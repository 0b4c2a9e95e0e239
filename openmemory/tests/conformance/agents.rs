//! Memories of one agent neither answer another agent's searches nor absorb its memories.

use serde_json::{Value, json};

use crate::service::{ALICE, BOB, Service, id, memory_with};

fn told(agent: &str, content: &str, more: Value) -> Value {
    let mut memory = memory_with(ALICE, content, more);
    memory["agent_id"] = json!(agent);
    memory
}

async fn found(service: &Service, agent: Option<&str>, query: &str, more: Value) -> Vec<String> {
    let mut body = json!({ "caller_id": ALICE, "agent_id": agent, "query": query, "limit": 10 });
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let answer = service.post("/api/v1/memories/search", body).await;
    let memories = answer["memories"].as_array().unwrap();
    memories
        .iter()
        .map(|memory| memory["content"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn two_agents_told_the_same_words_each_find_them() {
    let service = Service::start().await;
    for (first, second) in [
        ("Likes the corner table", "Likes the corner table"),
        (
            "Prefers express shipping",
            "The caller prefers express shipping.",
        ),
    ] {
        let banks = service
            .post("/api/v1/memories", told("bank", first, json!({})))
            .await;
        let shops = service
            .post("/api/v1/memories", told("shop", second, json!({})))
            .await;
        assert_eq!(
            (&banks["action"], &shops["action"]),
            (&json!("stored"), &json!("stored"))
        );
        assert!(
            found(&service, Some("shop"), first, json!({}))
                .await
                .contains(&second.to_owned())
        );
        let again = service
            .post("/api/v1/memories", told("shop", first, json!({})))
            .await;
        assert_eq!(
            (&again["action"], id(&again)),
            (&json!("reinforced"), id(&shops))
        );
    }
}

#[tokio::test]
async fn the_same_words_for_two_agents_in_one_batch_are_two_memories() {
    let service = Service::start().await;
    let results = service
        .batch(vec![
            told("bank", "Has a dog", json!({})),
            told("shop", "Has a dog", json!({})),
        ])
        .await;
    assert!(results.iter().all(|result| result["action"] == "stored"));
    assert_eq!(
        found(&service, Some("bank"), "", json!({})).await,
        ["Has a dog"]
    );
    assert_eq!(
        found(&service, Some("shop"), "", json!({})).await,
        ["Has a dog"]
    );
}

#[tokio::test]
async fn reinforcing_another_agents_memory_stores_a_new_one() {
    let service = Service::start().await;
    let banks = id(&service
        .post("/api/v1/memories", told("bank", "Has a dog", json!({})))
        .await);
    let shops = service
        .post(
            "/api/v1/memories",
            told("shop", "Has a dog", json!({ "reinforces": banks })),
        )
        .await;
    assert_eq!(shops["action"], "stored");
    let again = service
        .post(
            "/api/v1/memories",
            told("shop", "Has a dog", json!({ "reinforces": banks })),
        )
        .await;
    assert_eq!(
        (&again["action"], id(&again)),
        (&json!("reinforced"), id(&shops))
    );
    assert_eq!(
        found(&service, Some("shop"), "dog", json!({})).await,
        ["Has a dog"]
    );
    let (_, list) = service
        .get("/api/v1/agents/bank/callers/%2B12025550101/memories")
        .await;
    assert_eq!(list["memories"][0]["metadata"]["reinforcement_count"], 1);
}

#[tokio::test]
async fn a_distinct_search_lists_the_same_words_once_and_fills_the_limit() {
    let service = Service::start().await;
    for agent in ["bank", "shop", "inn"] {
        service
            .post(
                "/api/v1/memories",
                told(agent, "Likes the corner table", json!({ "importance": 9 })),
            )
            .await;
        service
            .post(
                "/api/v1/memories",
                told(
                    agent,
                    "likes the  corner table.",
                    json!({ "importance": 9 }),
                ),
            )
            .await;
    }
    for number in 0..9 {
        service
            .post(
                "/api/v1/memories",
                told("bank", &format!("Ordered table {number}"), json!({})),
            )
            .await;
    }
    service.store(BOB, "Likes the corner table").await;
    for query in ["", "table"] {
        let once = found(
            &service,
            None,
            query,
            json!({ "distinct": true, "limit": 6 }),
        )
        .await;
        assert_eq!(once.len(), 6, "{query:?}");
        let same = once
            .iter()
            .filter(|content| content.contains("corner"))
            .count();
        assert_eq!(same, 1, "{query:?}: {once:?}");
        let all = found(&service, None, query, json!({})).await;
        assert_eq!(
            all.iter()
                .filter(|content| content.contains("corner"))
                .count(),
            3,
            "{query:?}"
        );
    }
    let body = json!({ "caller_id": ALICE, "distinct": "yes" });
    assert_eq!(
        service.rejected("/api/v1/memories/search", body).await["error"]["details"]["field"],
        "distinct"
    );
}
