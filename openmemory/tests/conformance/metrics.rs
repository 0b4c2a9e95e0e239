use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::service::{ALICE, Service, id, request};

#[tokio::test]
async fn metrics_count_requests_by_route_and_contain_no_caller() {
    let service = Service::start().await;
    let dog = id(&service.store(ALICE, "Has a dog").await);
    let edit = json!({ "importance": 9 });
    let path = format!("/api/v1/memories/{dog}");
    service.send(Method::PATCH, &path, &edit).await;
    service.get("/api/v1/callers?q=%2B12025550101").await;
    service
        .get(&format!("/api/v1/agents/support/callers/{ALICE}/memories"))
        .await;
    let (status, text) = service
        .raw(request(Method::GET, "/metrics", &Value::Null, &[]))
        .await;
    let text = String::from_utf8(text).unwrap();
    assert_eq!(status, StatusCode::OK);
    for line in [
        "openmemory_http_requests_total{method=\"POST\",route=\"/api/v1/memories\",status=\"200\"} 1",
        "route=\"/api/v1/agents/{agent_id}/callers/{caller_id}/memories\"",
        "method=\"PATCH\",route=\"/api/v1/memories/{memory_id}\",status=\"200\"",
        "method=\"GET\",route=\"/api/v1/callers\",status=\"200\"",
        "openmemory_memories 1",
        "openmemory_database_connections{state=\"open\"}",
    ] {
        assert!(text.contains(line), "{line} is missing in {text}");
    }
    assert!(!text.contains("2025550101"));
}

#[tokio::test]
async fn requests_over_the_rate_limit_are_rejected_with_429() {
    let service = Service::with(|settings| settings.with_rate_limit(Some(2))).await;
    let search = json!({ "caller_id": ALICE });
    for _ in 0..2 {
        service
            .post("/api/v1/memories/search", search.clone())
            .await;
    }
    let (status, answer) = service
        .send(Method::POST, "/api/v1/memories/search", &search)
        .await;
    assert_eq!(
        (status, &answer["error"]["code"]),
        (StatusCode::TOO_MANY_REQUESTS, &json!("RATE_LIMITED"))
    );
    assert_eq!(service.get("/health").await.0, StatusCode::OK);
}
