use axum::http::StatusCode;
use serde_json::json;

use crate::service::{ALICE, BOB, Service, id, memory, memory_with};

#[tokio::test]
async fn forgetting_a_caller_deletes_everything_of_that_caller_only() {
    let service = Service::start().await;
    let old = id(&service
        .post_once("/api/v1/memories", "k", &memory(ALICE, "Lives in Boston"))
        .await);
    service
        .batch(vec![memory_with(
            ALICE,
            "Lives in Denver",
            json!({ "supersedes": old }),
        )])
        .await;
    service.store(BOB, "Lives in Boston").await;
    for caller in [ALICE, BOB] {
        let body = json!({ "agent_id": "support", "caller_id": caller, "profile_data": {} });
        service.post("/api/v1/agents", body).await;
    }
    let (status, answer) = service.delete("/api/v1/callers/+12025550101").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        answer,
        json!({ "status": "success", "caller_id": ALICE, "memories_deleted": 2, "profiles_deleted": 1 })
    );
    let (_, export) = service.get("/api/v1/export").await;
    assert!(!export.to_string().contains(ALICE));
    assert_eq!(service.search(BOB, "").await.len(), 1);
    let again = service
        .post_once("/api/v1/memories", "k", &memory(ALICE, "Lives in Boston"))
        .await;
    assert_eq!(again["action"], "stored", "the key was deleted too");
    assert_ne!(id(&again), old);
}

#[tokio::test]
async fn the_wildcard_cannot_be_forgotten() {
    let service = Service::start().await;
    service.store(ALICE, "Has a dog").await;
    let (status, _) = service.delete("/api/v1/callers/*").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (status, answer) = service.delete("/api/v1/callers/%2B1555").await;
    assert_eq!(
        (status, &answer["memories_deleted"]),
        (StatusCode::OK, &json!(0))
    );
    assert_eq!(service.search(ALICE, "").await.len(), 1);
}
