use std::time::Duration;

use axum::http::StatusCode;
use serde_json::json;

use crate::service::{ALICE, Service};

const PATH: &str = "/api/v1/agents/support/callers/%2B12025550101";

#[tokio::test]
async fn a_profile_is_written_read_and_replaced_as_a_whole() {
    let service = Service::start().await;
    let data = json!({ "greeting": "Hello again", "nested": { "open": [1, 2] } });
    let profile = |data| json!({ "agent_id": "support", "caller_id": ALICE, "profile_data": data, "ttl_hours": 24 });
    let put = service.post("/api/v1/agents", profile(data.clone())).await;
    assert_eq!(
        (&put["status"], &put["agent_id"], &put["caller_id"]),
        (&json!("success"), &json!("support"), &json!(ALICE))
    );
    service.store(ALICE, "Has a dog").await;
    let (status, got) = service.get(PATH).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        (&got["profile_data"], &got["memory_count"]),
        (&data, &json!(1))
    );
    assert_eq!(
        (&got["expires_at"], &got["created_at"]),
        (&put["expires_at"], &put["created_at"])
    );
    let again = service
        .post("/api/v1/agents", profile(json!({ "language": "es" })))
        .await;
    assert_eq!(again["created_at"], put["created_at"]);
    let (_, got) = service.get(PATH).await;
    assert_eq!(got["profile_data"], json!({ "language": "es" }));
}

#[tokio::test]
async fn an_agent_may_have_its_own_profile() {
    let service = Service::start().await;
    let body =
        json!({ "agent_id": "support", "caller_id": "*", "profile_data": { "name": "Support" } });
    service.post("/api/v1/agents", body).await;
    let (status, got) = service.get("/api/v1/agents/support/callers/*").await;
    assert_eq!(
        (status, &got["profile_data"]["name"]),
        (StatusCode::OK, &json!("Support"))
    );
    let (status, _) = service.get(PATH).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_profile_that_is_missing_or_expired_is_not_found() {
    let service = Service::start().await;
    let (status, answer) = service.get(PATH).await;
    assert_eq!(
        (status, &answer["error"]["code"]),
        (StatusCode::NOT_FOUND, &json!("NOT_FOUND"))
    );
    assert_eq!(
        answer["error"]["details"],
        json!({ "agent_id": "support", "caller_id": ALICE })
    );
    let body = json!({ "agent_id": "support", "caller_id": ALICE, "profile_data": {}, "ttl_hours": 0.000_001 });
    let put = service.post("/api/v1/agents", body.clone()).await;
    tokio::time::sleep(Duration::from_millis(10)).await;
    let (status, _) = service.get(PATH).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let again = service.post("/api/v1/agents", body).await;
    assert_ne!(
        again["created_at"], put["created_at"],
        "an expired profile starts anew"
    );
}

#[tokio::test]
async fn a_profile_needs_data_and_a_valid_lifetime() {
    let service = Service::start().await;
    for (body, field) in [
        (
            json!({ "agent_id": "a", "caller_id": ALICE, "profile_data": {}, "ttl_hours": 0 }),
            "ttl_hours",
        ),
        (
            json!({ "agent_id": "a", "caller_id": ALICE, "profile_data": {}, "ttl_hours": -1 }),
            "ttl_hours",
        ),
        (
            json!({ "agent_id": "a", "caller_id": ALICE, "profile_data": {}, "ttl_hours": 1e300 }),
            "ttl_hours",
        ),
        (
            json!({ "agent_id": "a", "caller_id": ALICE, "profile_data": [] }),
            "profile_data",
        ),
        (
            json!({ "agent_id": "a", "caller_id": ALICE }),
            "profile_data",
        ),
        (json!({ "agent_id": "a", "profile_data": {} }), "caller_id"),
        (
            json!({ "agent_id": "", "caller_id": ALICE, "profile_data": {} }),
            "agent_id",
        ),
    ] {
        let answer = service.rejected("/api/v1/agents", body).await;
        assert_eq!(answer["error"]["details"]["field"], field);
    }
}
