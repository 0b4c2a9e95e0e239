//! The OpenAPI document describes exactly what the webhooks serve.
//!
//! The test client of every flow checks its responses against the document, so the tests here do
//! not.

use elaaoms_tests::Deployment;
use elaaoms_tests::contract::{self, DOCUMENT};
use elaaoms_tests::payload::{self, NURSERY, TOMAS};
use reqwest::StatusCode;
use serde_json::json;

#[tokio::test]
async fn every_path_of_the_document_serves_exactly_its_methods() {
    let deployment = Deployment::start().await;
    for (path, item) in DOCUMENT["paths"].as_object().unwrap() {
        let methods = item.as_object().unwrap();
        let posted = deployment.elevenlabs.keyed(path, "{}").await;
        assert_eq!(
            posted.status == StatusCode::METHOD_NOT_ALLOWED,
            !methods.contains_key("post"),
            "{path}"
        );
        assert_ne!(posted.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[test]
fn the_document_has_the_version_of_the_package() {
    assert_eq!(DOCUMENT["info"]["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn the_test_payloads_fit_the_document() {
    for name in payload::NAMES {
        contract::fits_schema("PostCallEvent", &payload::json(name))
            .unwrap_or_else(|reason| panic!("{name}: {reason}"));
    }
}

#[test]
fn the_documents_examples_fit_its_schemas() {
    for (name, schema) in DOCUMENT["components"]["schemas"].as_object().unwrap() {
        for example in schema["examples"].as_array().into_iter().flatten() {
            contract::fits_schema(name, example)
                .unwrap_or_else(|reason| panic!("{name}: {reason}"));
        }
    }
}

#[test]
fn an_undocumented_response_fails_the_check() {
    let answer = json!({"results": [], "summary": "Nothing.", "searched_agents": "all", "memory_available": true, "caller": null});
    contract::fits_schema("SearchAnswer", &answer).unwrap();
    for (name, value) in [
        ("more", json!(1)),
        ("results", json!(null)),
        ("memory_available", json!("true")),
    ] {
        let mut changed = answer.clone();
        changed[name] = value;
        assert!(
            contract::fits_schema("SearchAnswer", &changed).is_err(),
            "{changed}"
        );
    }
    let undocumented_status = std::panic::catch_unwind(|| {
        contract::check(
            "POST",
            "/webhook/search-memory",
            b"{}",
            StatusCode::IM_A_TEAPOT,
            &answer,
        );
    });
    assert!(
        undocumented_status.is_err(),
        "an undocumented status was accepted"
    );
    let invalid_request = std::panic::catch_unwind(|| {
        contract::check(
            "POST",
            "/webhook/search-memory",
            b"{\"caller_id\": \"+12025550142\"}",
            StatusCode::OK,
            &answer,
        );
    });
    assert!(
        invalid_request.is_err(),
        "a 200 to an invalid request was accepted"
    );
}

/// Serde would read a list as an object, field by field, in an order that is not documented.
#[tokio::test]
async fn a_list_in_place_of_a_request_is_a_bad_request() {
    let deployment = Deployment::start().await;
    for path in [
        "/webhook/client-data",
        "/webhook/search-memory",
        "/webhook/do-not-remember",
    ] {
        for body in [json!([]), json!(["tree"]), json!([NURSERY, TOMAS])] {
            let reply = deployment.elevenlabs.keyed(path, body.to_string()).await;
            assert_eq!(reply.status, 400, "{path} {body}: {}", reply.text);
        }
    }
}
