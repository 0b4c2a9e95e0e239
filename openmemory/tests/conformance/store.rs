use axum::http::{Method, StatusCode};
use serde_json::json;

use crate::service::{ALICE, BOB, Service, id, memory, memory_with, request};

#[tokio::test]
async fn a_stored_memory_is_returned_unchanged() {
    let service = Service::start().await;
    let metadata = json!({
        "conversation_id": "conv_1", "timestamp": "2025-01-15T10:32:45Z", "importance": 8,
        "category": "preference", "tags": ["shipping"], "entities": [{"kind": "carrier"}], "deep": {"a": [1, null, 2.5]},
    });
    let more = json!({ "metadata": metadata, "importance": 8, "embedding": [0.1, -0.2] });
    let answer = service
        .post(
            "/api/v1/memories",
            memory_with(ALICE, "Prefers express shipping", more),
        )
        .await;
    assert_eq!(answer["status"], "success");
    assert_eq!(answer["action"], "stored");
    assert!(id(&answer).starts_with("mem_"));
    assert_eq!(
        answer["deduplication"],
        json!({ "is_duplicate": false, "similar_memories": [] })
    );
    let found = &service.search(ALICE, "shipping").await[0];
    let mut expected = metadata;
    expected["agent_id"] = json!("support");
    expected["caller_id"] = json!(ALICE);
    expected["reinforcement_count"] = json!(1);
    assert_eq!(found["metadata"], expected);
    assert_eq!(found["importance"], 8);
    assert_eq!(found["memory_id"], answer["memory_id"]);
    assert_eq!(found["created_at"], answer["created_at"]);
}

#[tokio::test]
async fn a_near_duplicate_reinforces_and_names_the_repeated_memory() {
    let service = Service::start().await;
    let first = service
        .store(ALICE, "Customer prefers express shipping")
        .await;
    let second = service
        .store(ALICE, "Customer always wants express shipping")
        .await;
    assert_eq!(second["action"], "reinforced");
    assert_eq!(second["memory_id"], first["memory_id"]);
    let deduplication = &second["deduplication"];
    assert_eq!(deduplication["is_duplicate"], true);
    let similar = &deduplication["similar_memories"][0];
    assert_eq!(similar["memory_id"], first["memory_id"]);
    assert_eq!(similar["content"], "Customer prefers express shipping");
    assert_eq!(similar["reinforcement_count"], 2);
    assert!(similar["similarity"].as_f64().unwrap() > 0.85);
    let all = service.search(ALICE, "").await;
    assert_eq!(all.len(), 1);
    assert_eq!(all[0]["metadata"]["reinforcement_count"], 2);
}

#[tokio::test]
async fn facts_that_only_look_alike_are_all_stored() {
    let service = Service::start().await;
    let facts = [
        "The caller has 1 child",
        "The caller has 3 children",
        "Asked about order 7712",
        "Asked about order 7721",
        "The caller likes express shipping",
        "The caller no longer likes express shipping",
    ];
    for fact in facts {
        assert_eq!(
            service.store(ALICE, fact).await["action"],
            "stored",
            "{fact}"
        );
    }
    assert_eq!(service.search(ALICE, "").await.len(), facts.len());
}

#[tokio::test]
async fn another_callers_memory_is_not_a_duplicate() {
    let service = Service::start().await;
    let first = service.store(ALICE, "Prefers express shipping").await;
    let second = service.store(BOB, "Prefers express shipping").await;
    assert_eq!(second["action"], "stored");
    assert_ne!(first["memory_id"], second["memory_id"]);
}

#[tokio::test]
async fn a_repeated_key_stores_nothing_and_returns_the_first_result() {
    let service = Service::start().await;
    let first = service
        .post_once("/api/v1/memories", "k1", &memory(ALICE, "Has a dog"))
        .await;
    let again = service
        .post_once("/api/v1/memories", "k1", &memory(ALICE, "Has a dog"))
        .await;
    assert_eq!(first, again);
    assert_eq!(
        service.search(ALICE, "").await[0]["metadata"]["reinforcement_count"],
        1
    );
    let reinforced = service
        .post_once("/api/v1/memories", "k2", &memory(ALICE, "Has a dog"))
        .await;
    assert_eq!(reinforced["action"], "reinforced");
    let again = service
        .post_once("/api/v1/memories", "k2", &memory(ALICE, "Has a dog"))
        .await;
    assert_eq!(reinforced, again);
    let other = service
        .post_once("/api/v1/memories", "k1", &memory(BOB, "Has a dog"))
        .await;
    assert_ne!(other["memory_id"], first["memory_id"]);
}

#[tokio::test]
async fn a_key_reused_with_another_body_is_rejected() {
    let service = Service::start().await;
    service
        .post_once("/api/v1/memories", "k1", &memory(ALICE, "Has a dog"))
        .await;
    for other in [
        memory(ALICE, "Has a boat"),
        memory_with(ALICE, "Has a dog", json!({ "importance": 9 })),
    ] {
        let request = request(
            Method::POST,
            "/api/v1/memories",
            &other,
            &[("idempotency-key", "k1")],
        );
        let (status, answer) = service.call(request).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(answer["error"]["code"], "IDEMPOTENCY_KEY_REUSED");
    }
    let named = memory_with(ALICE, "Has a boat", json!({ "idempotency_key": "k1" }));
    let (status, _) = service.send(Method::POST, "/api/v1/memories", &named).await;
    assert_eq!(
        status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "a key is the same in the header and in the body"
    );
    assert_eq!(service.found(ALICE, "").await, ["Has a dog"]);
    let bobs = service
        .post_once("/api/v1/memories", "k1", &memory(BOB, "Has a boat"))
        .await;
    assert_eq!(
        bobs["action"], "stored",
        "keys are separate for each caller"
    );
}

#[tokio::test]
async fn a_deleted_memory_is_not_found() {
    let service = Service::start().await;
    let stored = id(&service.store(ALICE, "Has a dog").await);
    let (status, answer) = service.delete(&format!("/api/v1/memories/{stored}")).await;
    assert_eq!(
        (status, &answer["memory_id"]),
        (StatusCode::OK, &json!(stored))
    );
    assert!(answer["deleted_at"].as_str().unwrap().ends_with('Z'));
    assert!(service.search(ALICE, "").await.is_empty());
    let (status, answer) = service.delete(&format!("/api/v1/memories/{stored}")).await;
    assert_eq!(
        (status, &answer["error"]["code"]),
        (StatusCode::NOT_FOUND, &json!("NOT_FOUND"))
    );
}

#[tokio::test]
async fn over_the_limit_the_least_important_memory_is_evicted_and_reported() {
    let service = Service::with(|settings| settings.with_max_memories_per_agent(2)).await;
    service.store(ALICE, "Has a dog").await;
    let more = json!({ "importance": 2 });
    let least = service
        .post("/api/v1/memories", memory_with(ALICE, "Owns a boat", more))
        .await;
    service.store(BOB, "Has a dog").await;
    let third = service.store(ALICE, "Plays chess").await;
    assert_eq!(third["evicted"], json!([least["memory_id"]]));
    assert_eq!(service.search(ALICE, "").await.len(), 2);
    assert_eq!(service.search(BOB, "").await.len(), 1);
}

#[tokio::test]
async fn a_batch_over_the_limit_keeps_the_most_important_and_a_successor_evicts_nothing() {
    let service = Service::with(|settings| settings.with_max_memories_per_agent(3)).await;
    let of = |content: &str, importance: u8| {
        memory_with(ALICE, content, json!({ "importance": importance }))
    };
    let first = service
        .batch(vec![
            of("Has a dog", 2),
            of("Lives in Boston", 3),
            of("Plays chess", 4),
        ])
        .await;
    let mut moved = of("Lives in Denver", 3);
    moved["supersedes"] = first[1]["memory_id"].clone();
    let results = service
        .batch(vec![
            moved,
            of("Owns a boat", 5),
            of("Sells hats", 1),
            of("Has a cat", 9),
        ])
        .await;
    assert_eq!(
        results[0]["evicted"],
        json!(null),
        "it replaces its predecessor"
    );
    assert_eq!(results[1]["evicted"], json!([first[0]["memory_id"]]));
    assert_eq!(
        results[2]["evicted"],
        json!([results[0]["memory_id"]]),
        "never the newest memory"
    );
    assert_eq!(results[3]["evicted"], json!([results[2]["memory_id"]]));
    assert_eq!(
        service.found(ALICE, "").await,
        ["Has a cat", "Owns a boat", "Plays chess"]
    );
}

#[tokio::test]
async fn superseded_memories_have_the_same_limit_and_the_oldest_are_removed_first() {
    let service = Service::with(|settings| settings.with_max_memories_per_agent(2)).await;
    let mut last = id(&service.store(ALICE, "Lives in Boston").await);
    let bobs = id(&service.store(BOB, "Lives in Boston").await);
    service
        .batch(vec![memory_with(
            BOB,
            "Lives in Oslo",
            json!({ "supersedes": bobs }),
        )])
        .await;
    for town in ["Denver", "Lisbon", "Leeds", "Turin"] {
        let moved = memory_with(
            ALICE,
            &format!("Lives in {town}"),
            json!({ "supersedes": last }),
        );
        last = id(&service.batch(vec![moved]).await[0]);
    }
    assert_eq!(service.found(ALICE, "").await, ["Lives in Turin"]);
    let (_, export) = service.get("/api/v1/export").await;
    let of = |caller: &str| {
        let memories = export["memories"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| one["caller_id"] == caller);
        memories
            .map(|one| one["content"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        of(ALICE),
        ["Lives in Lisbon", "Lives in Leeds", "Lives in Turin"]
    );
    assert_eq!(of(BOB), ["Lives in Boston", "Lives in Oslo"]);
}
