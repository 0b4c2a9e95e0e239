use axum::http::{Method, StatusCode};
use serde_json::json;

use crate::service::{ALICE, BOB, Service, id, memory, memory_with, request};

#[tokio::test]
async fn a_batch_returns_one_result_for_each_memory_in_order() {
    let service = Service::start().await;
    let results = service
        .batch(vec![
            memory(ALICE, "Has a dog"),
            memory(ALICE, "Plays chess"),
            memory(ALICE, "The caller has a dog"),
        ])
        .await;
    let actions: Vec<_> = results
        .iter()
        .map(|result| result["action"].as_str().unwrap())
        .collect();
    assert_eq!(actions, ["stored", "stored", "reinforced"]);
    assert_eq!(results[0]["memory_id"], results[2]["memory_id"]);
    assert_eq!(results[1]["status"], "success");
}

#[tokio::test]
async fn a_batch_with_an_invalid_memory_stores_nothing() {
    let service = Service::start().await;
    let memories = [memory(ALICE, "Has a dog"), memory(ALICE, " ")];
    let answer = service
        .rejected("/api/v1/memories/batch", json!({ "memories": memories }))
        .await;
    assert_eq!(answer["error"]["details"]["field"], "memories[1].content");
    assert!(service.search(ALICE, "").await.is_empty());
}

#[tokio::test]
async fn a_superseded_memory_is_not_returned() {
    let service = Service::start().await;
    let old = id(&service.store(ALICE, "Lives in Boston").await);
    let results = service
        .batch(vec![memory_with(
            ALICE,
            "Lives in Denver",
            json!({ "supersedes": old.as_str() }),
        )])
        .await;
    assert_eq!(results[0]["action"], "superseded");
    assert_eq!(service.found(ALICE, "").await, ["Lives in Denver"]);
    assert!(service.found(ALICE, "Boston").await.is_empty());
    let (_, export) = service.get("/api/v1/export").await;
    let kept = export["memories"]
        .as_array()
        .unwrap()
        .iter()
        .find(|memory| memory["memory_id"] == old.as_str())
        .unwrap();
    assert_eq!(kept["superseded_by"], results[0]["memory_id"]);
    let again = service.store(ALICE, "Lives in Boston").await;
    assert_eq!(again["action"], "stored");
}

#[tokio::test]
async fn questions_about_the_past_find_superseded_memories_if_the_request_allows_it() {
    let service = Service::start().await;
    let old = id(&service.store(ALICE, "Lives in Boston").await);
    service
        .batch(vec![memory_with(
            ALICE,
            "Lives in Denver",
            json!({ "supersedes": old }),
        )])
        .await;
    service.store(ALICE, "Has a dog").await;
    let asked = async |query: &str, allowed: bool| {
        let body = json!({ "caller_id": ALICE, "query": query, "min_relevance": 0, "include_superseded": allowed });
        service.post("/api/v1/memories/search", body).await["memories"]
            .as_array()
            .unwrap()
            .clone()
    };
    for query in [
        "where did she live before",
        "former home",
        "¿Dónde vivía antes?",
        "frühere Adresse",
    ] {
        let found = asked(query, true).await;
        assert_eq!(found[0]["content"], "Lives in Boston", "{query}: {found:?}");
        assert!(
            found[0]["superseded_at"].is_string() && found.len() == 3,
            "{query}: {found:?}"
        );
        assert!(
            found[1..]
                .iter()
                .all(|memory| memory["superseded_at"].is_null()),
            "{query}: {found:?}"
        );
        assert_eq!(asked(query, false).await.len(), 2, "{query}");
    }
    let path = format!(
        "/api/v1/callers/{}/memories?limit=1&superseded=true",
        ALICE.replace('+', "%2B")
    );
    let (_, listed) = service.get(&path).await;
    assert_eq!(
        (
            listed["memories"][0]["content"].as_str(),
            listed["total_count"].as_u64()
        ),
        (Some("Lives in Boston"), Some(1))
    );
    assert!(
        !asked("where does she live", true)
            .await
            .iter()
            .any(|memory| memory["content"] == "Lives in Boston")
    );
}

#[tokio::test]
async fn reinforcing_a_memory_increases_its_count() {
    let service = Service::start().await;
    let old = id(&service.store(ALICE, "Lives in Boston").await);
    let results = service
        .batch(vec![memory_with(
            ALICE,
            "Her flat is on Beacon Hill",
            json!({ "reinforces": old.as_str() }),
        )])
        .await;
    assert_eq!(
        (&results[0]["action"], &results[0]["memory_id"]),
        (&json!("reinforced"), &json!(old))
    );
    assert_eq!(
        results[0]["deduplication"]["similar_memories"][0]["reinforcement_count"],
        2
    );
    assert_eq!(service.found(ALICE, "").await, ["Lives in Boston"]);
}

#[tokio::test]
async fn a_memory_that_names_a_deleted_one_is_stored_as_new() {
    let service = Service::start().await;
    let results = service
        .batch(vec![
            memory_with(
                ALICE,
                "Lives in Denver",
                json!({ "supersedes": "mem_gone" }),
            ),
            memory_with(ALICE, "Has a dog", json!({ "reinforces": "mem_gone" })),
        ])
        .await;
    assert!(results.iter().all(|result| result["action"] == "stored"));
    assert_eq!(service.search(ALICE, "").await.len(), 2);
}

#[tokio::test]
async fn naming_another_callers_memory_fails_that_item_only() {
    let service = Service::start().await;
    let theirs = id(&service.store(BOB, "Lives in Boston").await);
    let results = service
        .batch(vec![
            memory_with(
                ALICE,
                "Lives in Denver",
                json!({ "supersedes": theirs.as_str() }),
            ),
            memory_with(ALICE, "Has a cat", json!({ "reinforces": theirs.as_str() })),
            memory(ALICE, "Has a dog"),
        ])
        .await;
    for result in &results[..2] {
        assert_eq!(
            (&result["status"], &result["error"]["code"]),
            (&json!("error"), &json!("NOT_FOUND"))
        );
    }
    assert_eq!(results[2]["action"], "stored");
    let bobs = service.search(BOB, "").await;
    assert_eq!(bobs[0]["metadata"]["reinforcement_count"], 1);
    assert_eq!(service.found(ALICE, "").await, ["Has a dog"]);
}

#[tokio::test]
async fn a_batch_sent_twice_with_a_key_is_stored_once() {
    let service = Service::start().await;
    let body = json!({ "memories": [memory(ALICE, "Has a dog"), memory(ALICE, "Plays chess")] });
    let first = service
        .post_once("/api/v1/memories/batch", "batch-1", &body)
        .await;
    let again = service
        .post_once("/api/v1/memories/batch", "batch-1", &body)
        .await;
    assert_eq!(first, again);
    let all = service.search(ALICE, "").await;
    assert_eq!(all.len(), 2);
    assert!(
        all.iter()
            .all(|memory| memory["metadata"]["reinforcement_count"] == 1)
    );
}

#[tokio::test]
async fn each_memory_of_a_batch_may_have_its_own_key() {
    let service = Service::start().await;
    let old = id(&service.store(ALICE, "Lives in Boston").await);
    let items = vec![
        memory_with(
            ALICE,
            "Lives in Denver",
            json!({ "idempotency_key": "a", "supersedes": old }),
        ),
        memory_with(ALICE, "Has a dog", json!({ "idempotency_key": "b" })),
    ];
    let first = service.batch(items.clone()).await;
    let mut more = items;
    more.push(memory_with(
        ALICE,
        "Plays chess",
        json!({ "idempotency_key": "c" }),
    ));
    let again = service.batch(more).await;
    assert_eq!(first[..], again[..2]);
    assert_eq!(again[2]["action"], "stored");
    assert_eq!(service.search(ALICE, "").await.len(), 3);
}

#[tokio::test]
async fn another_batch_under_the_same_key_is_rejected_as_a_whole() {
    let service = Service::start().await;
    let body = json!({ "memories": [memory(ALICE, "Has a dog")] });
    service
        .post_once("/api/v1/memories/batch", "batch-1", &body)
        .await;
    let longer = json!({ "memories": [memory(ALICE, "Has a dog"), memory(ALICE, "Plays chess")] });
    let request = request(
        Method::POST,
        "/api/v1/memories/batch",
        &longer,
        &[("idempotency-key", "batch-1")],
    );
    let (status, answer) = service.call(request).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer["error"]["code"], "IDEMPOTENCY_KEY_REUSED");
    assert_eq!(service.found(ALICE, "").await, ["Has a dog"]);
}

#[tokio::test]
async fn a_memory_that_reuses_a_key_is_rejected_alone() {
    let service = Service::start().await;
    service
        .batch(vec![memory_with(
            ALICE,
            "Has a dog",
            json!({ "idempotency_key": "a" }),
        )])
        .await;
    let results = service
        .batch(vec![
            memory_with(ALICE, "Has a boat", json!({ "idempotency_key": "a" })),
            memory_with(ALICE, "Plays chess", json!({ "idempotency_key": "b" })),
        ])
        .await;
    assert_eq!(results[0]["error"]["code"], "IDEMPOTENCY_KEY_REUSED");
    assert_eq!(results[1]["action"], "stored");
    assert_eq!(service.search(ALICE, "").await.len(), 2);
}
