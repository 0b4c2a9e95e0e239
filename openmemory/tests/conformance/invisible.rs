//! Invisible text counts as empty, and control characters that databases cannot store are removed.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::service::{ALICE, Service, memory, memory_with};

fn cases() -> Vec<Value> {
    serde_json::from_str(include_str!("../../../tests/cases/invisible-content.json")).unwrap()
}

#[tokio::test]
async fn a_memory_needs_visible_content_and_loses_control_characters() {
    let service = Service::start().await;
    for (number, case) in cases().iter().enumerate() {
        let (name, caller) = (&case["name"], format!("+12025550{number:03}"));
        let content = case["content"].as_str().unwrap();
        let stored = memory(&caller, content);
        let (status, answer) = service
            .send(Method::POST, "/api/v1/memories", &stored)
            .await;
        if case["accepted"] == true {
            assert_eq!(status, StatusCode::OK, "{name}: {answer}");
            assert_eq!(
                service.found(&caller, "").await,
                [case["stored"].as_str().unwrap()],
                "{name}"
            );
        } else {
            assert_eq!(status, StatusCode::BAD_REQUEST, "{name}: {answer}");
            assert_eq!(answer["error"]["details"]["field"], "content", "{name}");
        }
    }
}

#[tokio::test]
async fn invisible_ids_keys_and_queries_count_as_empty() {
    let service = Service::start().await;
    service.store(ALICE, "Has a dog").await;
    for case in cases().iter().filter(|case| case["accepted"] == false) {
        let (name, unseen) = (&case["name"], case["content"].as_str().unwrap());
        for field in ["agent_id", "caller_id", "idempotency_key"] {
            service
                .rejected(
                    "/api/v1/memories",
                    memory_with(ALICE, "Has a cat", json!({ field: unseen })),
                )
                .await;
        }
        assert_eq!(
            service.found(ALICE, unseen).await,
            ["Has a dog"],
            "{name}: a blank question lists"
        );
    }
}

#[tokio::test]
async fn metadata_and_profiles_lose_control_characters() {
    let service = Service::start().await;
    let metadata = json!({ "quote": "matte\u{0} paper", "entities": ["A\u{1b}cme", { "kind\u{0}": "x\u{7}" }] });
    service
        .post(
            "/api/v1/memories",
            memory_with(ALICE, "Wants paper", json!({ "metadata": metadata })),
        )
        .await;
    let found = &service.search(ALICE, "").await[0]["metadata"];
    assert_eq!(
        (&found["quote"], &found["entities"]),
        (&json!("matte paper"), &json!(["Acme", { "kind": "x" }]))
    );
    let data = json!({ "greeting": "Hello\u{0} again" });
    let body = json!({ "agent_id": "support", "caller_id": ALICE, "profile_data": data });
    service.post("/api/v1/agents", body).await;
    let (_, got) = service
        .get("/api/v1/agents/support/callers/%2B12025550101")
        .await;
    assert_eq!(got["profile_data"], json!({ "greeting": "Hello again" }));
}

#[tokio::test]
async fn an_import_removes_control_characters() {
    let service = Service::start().await;
    service.store(ALICE, "Has a dog").await;
    let (_, mut export) = service.get("/api/v1/export").await;
    export["memories"][0]["memory_id"] = json!("mem_other");
    export["memories"][0]["content"] = json!("Has a\u{0} cat");
    service.post("/api/v1/import", export).await;
    assert!(
        service
            .found(ALICE, "")
            .await
            .contains(&"Has a cat".to_owned())
    );
}
