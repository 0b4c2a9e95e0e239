//! The OpenAPI document: it tells of everything that is there, and of nothing else.
//!
//! That answers fit it is not asked here: the client of every test holds them against it.

use elaaoms_tests::Deployment;
use elaaoms_tests::contract::{self, DOCUMENT};
use elaaoms_tests::payload::{self, NURSERY, TOMAS};
use reqwest::StatusCode;
use serde_json::json;

#[tokio::test]
async fn every_path_of_the_document_is_served_with_its_methods_and_no_other() {
    let deployment = Deployment::start().await;
    for (path, item) in DOCUMENT["paths"].as_object().unwrap() {
        let described = item.as_object().unwrap();
        let posted = deployment.elevenlabs.keyed(path, "{}").await;
        assert_eq!(
            posted.status == StatusCode::METHOD_NOT_ALLOWED,
            !described.contains_key("post"),
            "{path}"
        );
        assert_ne!(posted.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[test]
fn the_document_is_of_this_version() {
    assert_eq!(DOCUMENT["info"]["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn the_payloads_of_the_tests_are_events_of_the_document() {
    for name in payload::NAMES {
        contract::fits_schema("PostCallEvent", &payload::json(name))
            .unwrap_or_else(|reason| panic!("{name}: {reason}"));
    }
}

#[test]
fn the_documents_examples_are_what_it_allows() {
    for (name, schema) in DOCUMENT["components"]["schemas"].as_object().unwrap() {
        for example in schema["examples"].as_array().into_iter().flatten() {
            contract::fits_schema(name, example)
                .unwrap_or_else(|reason| panic!("{name}: {reason}"));
        }
    }
}

#[test]
fn an_answer_that_the_document_does_not_tell_of_is_noticed() {
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
    let told = std::panic::catch_unwind(|| {
        contract::check(
            "POST",
            "/webhook/search-memory",
            b"{}",
            StatusCode::IM_A_TEAPOT,
            &answer,
        );
    });
    assert!(told.is_err(), "a status that nobody told of");
    let taken = std::panic::catch_unwind(|| {
        contract::check(
            "POST",
            "/webhook/search-memory",
            b"{\"caller_id\": \"+12025550142\"}",
            StatusCode::OK,
            &answer,
        );
    });
    assert!(taken.is_err(), "a request that should have been refused");
}

/// A list in place of an object would be read field by field, in an order that nobody promised.
#[tokio::test]
async fn a_list_in_place_of_a_request_is_a_bad_request() {
    let deployment = Deployment::start().await;
    for path in ["/webhook/client-data", "/webhook/search-memory"] {
        for body in [json!([]), json!(["tree"]), json!([NURSERY, TOMAS])] {
            let reply = deployment.elevenlabs.keyed(path, body.to_string()).await;
            assert_eq!(reply.status, 400, "{path} {body}: {}", reply.text);
        }
    }
}
