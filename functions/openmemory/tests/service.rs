//! The function's router, as Lambda asks it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

#[path = "../../../openmemory/tests/postgres/cluster.rs"]
mod cluster;

use std::io::Write;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use cluster::Cluster;
use common::secrets::{SecretSet, Secrets};
use http_body_util::BodyExt;
use openmemory::Settings;
use openmemory_function::{Service, router};
use tower::ServiceExt;

fn service(secrets: &[(&str, &str)]) -> Router {
    let lookup = |name: &str| {
        secrets
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| (*value).to_owned())
    };
    let settings = Settings::new("sqlite::memory:", "127.0.0.1:0".parse().unwrap());
    router(Service::new(
        Secrets::fixed(SecretSet::read(lookup)),
        settings,
    ))
}

async fn ask(service: &Router, request: Request<Body>) -> (StatusCode, String) {
    let answer = service.clone().oneshot(request).await.unwrap();
    let status = answer.status();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn health(secrets: &[(&str, &str)]) -> (StatusCode, String) {
    ask(
        &service(secrets),
        Request::get("/health").body(Body::empty()).unwrap(),
    )
    .await
}

fn store(key: Option<&str>) -> Request<Body> {
    let request = Request::post("/api/v1/memories");
    let request = match key {
        Some(key) => request.header("authorization", format!("Bearer {key}")),
        None => request,
    };
    let memory = r#"{"agent_id":"support","caller_id":"+12025550142","content":"Has a dog"}"#;
    request.body(Body::from(memory)).unwrap()
}

/// The folder of the socket of a cluster: the one that the environment names, or one of this test's
/// own.
fn cluster() -> Option<(String, Option<Cluster>)> {
    if let Some(socket) = cluster::named() {
        return Some((socket, None));
    }
    let Some(programs) = cluster::programs() else {
        let message = "SKIPPED: no PostgreSQL with pgvector here; openmemory/tests/postgres/install installs it\n";
        assert!(!cluster::is_required(), "{message}");
        // Not through `println!`, which cargo keeps to itself when a test passes.
        std::io::stderr().write_all(message.as_bytes()).unwrap();
        return None;
    };
    let own = Cluster::start(&programs);
    Some((own.socket(), Some(own)))
}

#[test]
fn with_its_secrets_it_opens_postgresql_and_refuses_every_call_without_the_key() {
    let Some((socket, _running)) = cluster() else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let database = cluster::new_database(&socket).await;
        let service = service(&[KEY, ("DATABASE_URL", &database)]);
        let (status, said) = ask(
            &service,
            Request::get("/health").body(Body::empty()).unwrap(),
        )
        .await;
        assert_eq!(status, StatusCode::OK, "{said}");
        assert!(said.contains("\"database\":\"connected\""), "{said}");
        for key in [None, Some("another-key"), Some("")] {
            let (status, said) = ask(&service, store(key)).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{said}");
            assert!(said.contains("UNAUTHORIZED"), "{said}");
        }
        let (status, said) = ask(&service, store(Some(KEY.1))).await;
        assert_eq!(status, StatusCode::OK, "{said}");
        assert!(
            said.contains("\"action\":\"stored\""),
            "nothing was stored without the key: {said}"
        );
    });
}

const KEY: (&str, &str) = ("OPENMEMORY_API_KEY", "a-test-key");

#[tokio::test]
async fn before_the_secrets_are_there_every_call_says_what_is_missing() {
    let (status, said) = health(&[KEY]).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(said.contains("DATABASE_URL is not set"), "{said}");
    let (status, said) = health(&[("DATABASE_URL", "postgresql://db/om")]).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(said.contains("OPENMEMORY_API_KEY is not set"), "{said}");
}

#[tokio::test]
async fn a_file_is_no_database_for_a_function() {
    let (status, said) = health(&[KEY, ("DATABASE_URL", "sqlite:///tmp/om.db")]).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(said.contains("postgresql://"), "{said}");
}

#[tokio::test]
async fn a_database_that_cannot_be_reached_is_an_outage_and_its_address_is_not_told() {
    let database = "postgresql://om:hunter2@127.0.0.1:9/om";
    let (status, said) = health(&[KEY, ("DATABASE_URL", database)]).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        said.contains("cannot be opened")
            && !said.contains("hunter2")
            && !said.contains("127.0.0.1"),
        "{said}"
    );
}
