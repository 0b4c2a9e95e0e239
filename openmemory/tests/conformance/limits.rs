use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::service::{ALICE, Service, memory, memory_with};

#[tokio::test]
async fn a_memory_outside_the_limits_is_rejected_by_field() {
    let service = Service::start().await;
    for (more, field) in [
        (json!({ "content": "" }), "content"),
        (json!({ "content": "x".repeat(8_001) }), "content"),
        (json!({ "content": 7 }), "content"),
        (json!({ "caller_id": null }), "caller_id"),
        (json!({ "caller_id": "*" }), "caller_id"),
        (json!({ "caller_id": "x".repeat(257) }), "caller_id"),
        (json!({ "agent_id": " " }), "agent_id"),
        (json!({ "importance": 0 }), "importance"),
        (json!({ "importance": 11 }), "importance"),
        (json!({ "importance": 5.5 }), "importance"),
        (json!({ "importance": "high" }), "importance"),
        (json!({ "metadata": [] }), "metadata"),
        (
            json!({ "metadata": { "tags": vec!["t"; 65] } }),
            "metadata.tags",
        ),
        (json!({ "metadata": { "tags": [1] } }), "metadata.tags"),
        (
            json!({ "metadata": { "timestamp": "yesterday" } }),
            "metadata.timestamp",
        ),
        (
            json!({ "metadata": { "importance": 99 }, "importance": null }),
            "metadata.importance",
        ),
        (json!({ "embedding": ["a"] }), "embedding"),
        (json!({ "idempotency_key": "" }), "idempotency_key"),
        (json!({ "supersedes": "not an id" }), "supersedes"),
        (
            json!({ "supersedes": "mem_a", "reinforces": "mem_b" }),
            "supersedes",
        ),
    ] {
        let answer = service
            .rejected("/api/v1/memories", memory_with(ALICE, "Has a dog", more))
            .await;
        assert_eq!(answer["error"]["details"]["field"], field);
    }
    assert!(service.search(ALICE, "").await.is_empty());
}

#[tokio::test]
async fn the_largest_allowed_memory_is_accepted() {
    let service = Service::start().await;
    let more =
        json!({ "metadata": { "tags": vec!["t"; 64], "importance": 10 }, "importance": null });
    service
        .post(
            "/api/v1/memories",
            memory_with(&"c".repeat(256), &"é".repeat(8_000), more),
        )
        .await;
    let found = service.search(&"c".repeat(256), "").await;
    assert_eq!(found[0]["importance"], 10);
}

#[tokio::test]
async fn a_batch_contains_one_to_a_hundred_memories() {
    let service = Service::start().await;
    let items: Vec<Value> = (0..101)
        .map(|at| memory(ALICE, &format!("Order {at}")))
        .collect();
    for wrong in [json!([]), json!(items), json!(null), json!("x"), json!([1])] {
        service
            .rejected("/api/v1/memories/batch", json!({ "memories": wrong }))
            .await;
    }
    assert_eq!(service.batch(items[..100].to_vec()).await.len(), 100);
}

#[tokio::test]
async fn a_search_outside_the_limits_is_rejected_by_field() {
    let service = Service::start().await;
    for (body, field) in [
        (json!({ "query": "x" }), "caller_id"),
        (json!({ "caller_id": "*", "query": "x" }), "caller_id"),
        (json!({ "caller_id": ALICE, "query": 1 }), "query"),
        (json!({ "caller_id": ALICE, "limit": 0 }), "limit"),
        (json!({ "caller_id": ALICE, "limit": 101 }), "limit"),
        (
            json!({ "caller_id": ALICE, "min_relevance": 2 }),
            "min_relevance",
        ),
        (
            json!({ "caller_id": ALICE, "filters": { "min_importance": 11 } }),
            "filters.min_importance",
        ),
        (
            json!({ "caller_id": ALICE, "filters": { "categories": "x" } }),
            "filters.categories",
        ),
        (
            json!({ "caller_id": ALICE, "filters": { "date_range": { "start": "x" } } }),
            "filters.date_range.start",
        ),
        (
            json!({ "caller_id": ALICE, "filters": { "date_range": { "start": "2025-01-02", "end": "2025-01-01" } } }),
            "filters.date_range.end",
        ),
    ] {
        let answer = service.rejected("/api/v1/memories/search", body).await;
        assert_eq!(answer["error"]["details"]["field"], field);
    }
}

#[tokio::test]
async fn a_body_that_is_not_json_is_rejected_and_not_repeated() {
    let service = Service::start().await;
    for body in [
        "",
        "{",
        "[]",
        "null",
        "\"secret-words\"",
        "{\"a\": secret-words}",
        "\u{feff}{}",
    ] {
        let request = Request::post("/api/v1/memories")
            .body(Body::from(body))
            .unwrap();
        let (status, answer) = service.call(request).await;
        assert_eq!(
            (status, &answer["error"]["code"]),
            (StatusCode::BAD_REQUEST, &json!("INVALID_REQUEST"))
        );
        assert!(!answer.to_string().contains("secret-words"));
    }
    let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    let request = Request::post("/api/v1/memories")
        .body(Body::from(deep))
        .unwrap();
    assert_eq!(service.call(request).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_body_over_one_megabyte_is_rejected() {
    let service = Service::start().await;
    let request = Request::post("/api/v1/memories")
        .body(Body::from(vec![b' '; 1_024 * 1_024 + 1]))
        .unwrap();
    let (status, answer) = service.call(request).await;
    assert_eq!(
        (status, &answer["status"]),
        (StatusCode::PAYLOAD_TOO_LARGE, &json!("error"))
    );
}
