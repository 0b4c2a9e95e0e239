use axum::http::{Method, StatusCode};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::service::{ALICE, Service, memory, request};

async fn locked() -> Service {
    Service::with(|settings| settings.with_api_key(Some(SecretString::from("a-test-key")))).await
}

#[tokio::test]
async fn requests_without_the_right_key_are_rejected() {
    let service = locked().await;
    for headers in [
        &[][..],
        &[("authorization", "Bearer wrong")],
        &[("authorization", "Bearer a-test-ke")],
        &[("authorization", "Basic a-test-key")],
        &[("authorization", "Bearer")],
        &[("x-api-key", "")],
    ] {
        for (method, path) in [
            (Method::GET, "/api/v1/export"),
            (Method::POST, "/api/v1/memories"),
            (Method::DELETE, "/api/v1/callers/a"),
        ] {
            let (status, answer) = service
                .call(request(method, path, &json!({}), headers))
                .await;
            assert_eq!(
                (status, &answer["error"]["code"]),
                (StatusCode::UNAUTHORIZED, &json!("UNAUTHORIZED"))
            );
        }
    }
}

#[tokio::test]
async fn the_key_is_accepted_in_either_header() {
    let service = locked().await;
    for header in [
        ("authorization", "Bearer a-test-key"),
        ("authorization", "bearer a-test-key"),
        ("x-api-key", "a-test-key"),
    ] {
        let request = request(
            Method::POST,
            "/api/v1/memories",
            &memory(ALICE, "Has a dog"),
            &[header],
        );
        assert_eq!(service.call(request).await.0, StatusCode::OK);
    }
}

#[tokio::test]
async fn health_needs_no_key_and_lists_the_extensions() {
    let (status, answer) = locked().await.get("/health").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        (&answer["status"], &answer["database"]),
        (&json!("healthy"), &json!("connected"))
    );
    let extensions = [
        "idempotency-key",
        "forget-caller",
        "list-caller",
        "supersede",
        "caller-aliases",
        "expiry",
        "distinct",
        "history",
        "edit-memory",
        "list-callers",
        "explain",
        "link-callers",
    ];
    assert_eq!(answer["extensions"], json!(extensions));
    assert!(answer["uptime_seconds"].is_u64() && answer["version"].is_string());
}

#[tokio::test]
async fn unknown_routes_and_methods_return_the_error_format() {
    let service = Service::start().await;
    for (method, path, status, code) in [
        (Method::GET, "/nowhere", StatusCode::NOT_FOUND, "NOT_FOUND"),
        (
            Method::GET,
            "/api/v1/memories",
            StatusCode::METHOD_NOT_ALLOWED,
            "INVALID_REQUEST",
        ),
        (
            Method::PUT,
            "/health",
            StatusCode::METHOD_NOT_ALLOWED,
            "INVALID_REQUEST",
        ),
        (
            Method::DELETE,
            "/api/v1/memories/mem_unknown",
            StatusCode::NOT_FOUND,
            "NOT_FOUND",
        ),
        (
            Method::DELETE,
            "/api/v1/memories/a%00b",
            StatusCode::NOT_FOUND,
            "NOT_FOUND",
        ),
        (
            Method::GET,
            "/api/v1/agents/a/callers/%FF",
            StatusCode::BAD_REQUEST,
            "INVALID_REQUEST",
        ),
    ] {
        let (got, answer) = service.send(method, path, &Value::Null).await;
        assert_eq!(
            (got, &answer["status"], &answer["error"]["code"]),
            (status, &json!("error"), &json!(code)),
            "{path}"
        );
    }
}
