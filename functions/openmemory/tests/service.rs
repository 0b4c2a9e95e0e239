//! The function's router, called as Lambda calls it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
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
use openmemory_function::{Access, Service, router};
use tower::ServiceExt;

fn service(secrets: &[(&str, &str)]) -> Router {
    service_with(Access::ApiKey, secrets)
}

fn service_with(access: Access, secrets: &[(&str, &str)]) -> Router {
    service_on("sqlite::memory:", access, secrets)
}

/// The service with this `DATABASE_URL` in the environment.
fn service_on(database: &str, access: Access, secrets: &[(&str, &str)]) -> Router {
    let lookup = |name: &str| {
        secrets
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| (*value).to_owned())
    };
    let settings = Settings::new(database, "127.0.0.1:0".parse().unwrap());
    router(Service::new(
        Secrets::fixed(SecretSet::read(lookup)),
        settings,
        access,
    ))
}

async fn send(service: &Router, request: Request<Body>) -> (StatusCode, String) {
    let response = service.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn health(secrets: &[(&str, &str)]) -> (StatusCode, String) {
    send(
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

/// Returns the socket folder of a PostgreSQL cluster: the one that the environment names, or a new
/// one for this test. `None` if PostgreSQL is not installed.
fn cluster() -> Option<(String, Option<Cluster>)> {
    if let Some(socket) = cluster::named() {
        return Some((socket, None));
    }
    let Some(programs) = cluster::programs() else {
        let message = "SKIPPED: PostgreSQL with pgvector not found; install it with openmemory/tests/postgres/install\n";
        assert!(!cluster::is_required(), "{message}");
        // Not `println!`, because cargo hides its output when the test passes.
        std::io::stderr().write_all(message.as_bytes()).unwrap();
        return None;
    };
    let own = Cluster::start(&programs);
    Some((own.socket(), Some(own)))
}

#[test]
fn with_its_secrets_the_server_opens_postgresql_and_requires_the_key() {
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
        let (status, body) = send(
            &service,
            Request::get("/health").body(Body::empty()).unwrap(),
        )
        .await;
        assert_eq!(status, StatusCode::OK, "{body}");
        assert!(body.contains("\"database\":\"connected\""), "{body}");
        for key in [None, Some("another-key"), Some("")] {
            let (status, body) = send(&service, store(key)).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{body}");
            assert!(body.contains("UNAUTHORIZED"), "{body}");
        }
        let (status, body) = send(&service, store(Some(KEY.1))).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        assert!(
            body.contains("\"action\":\"stored\""),
            "the refused requests must not store anything: {body}"
        );
    });
}

#[test]
fn behind_signed_requests_it_needs_no_key_of_its_own() {
    let Some((socket, _running)) = cluster() else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let database = cluster::new_database(&socket).await;
        let secrets = [("DATABASE_URL", database.as_str())];
        let service = service_with(Access::from_setting(Some("iam")), &secrets);
        let (status, body) = send(&service, store(None)).await;
        assert_eq!(status, StatusCode::OK, "{body}");
    });
}

const KEY: (&str, &str) = ("OPENMEMORY_API_KEY", "a-test-key");

#[tokio::test]
async fn until_the_secrets_are_set_every_request_names_the_missing_one() {
    let (status, body) = health(&[KEY]).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(body.contains("DATABASE_URL is not set"), "{body}");
    let (status, body) = health(&[("DATABASE_URL", "postgresql://db/om")]).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(body.contains("OPENMEMORY_API_KEY is not set"), "{body}");
    let (status, body) = health(&[KEY, ("DATABASE_URL", "dynamodb://memories")]).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(body.contains("DYNAMODB_KEY_PEPPER is not set"), "{body}");
}

#[tokio::test]
async fn a_table_may_be_named_by_the_environment_and_its_pepper_by_the_secret() {
    let message = async |database: &str, secrets: &[(&str, &str)]| {
        let service = service_on(database, Access::SignedRequests, secrets);
        let request = Request::get("/health").body(Body::empty()).unwrap();
        let (status, body) = send(&service, request).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        body
    };
    let body = message("dynamodb://memories", &[]).await;
    assert!(body.contains("DYNAMODB_KEY_PEPPER is not set"), "{body}");
    let short = ("DYNAMODB_KEY_PEPPER", "short");
    let body = message("dynamodb://memories", &[short]).await;
    assert!(body.contains("could not be opened"), "{body}");
    let body = message("postgresql://om:hunter2@db/om", &[short]).await;
    assert!(body.contains("DATABASE_URL is not set"), "{body}");
    let in_secret = [short, ("DATABASE_URL", "sqlite://in-the-secret.db")];
    let body = message("dynamodb://memories", &in_secret).await;
    assert!(body.contains("no disk of its own"), "{body}");
}

#[tokio::test]
async fn an_sqlite_database_is_refused() {
    let (status, body) = health(&[KEY, ("DATABASE_URL", "sqlite:///tmp/om.db")]).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(body.contains("postgresql://"), "{body}");
}

#[tokio::test]
async fn an_unreachable_database_is_an_outage_and_its_address_stays_private() {
    let database = "postgresql://om:hunter2@127.0.0.1:9/om";
    let (status, body) = health(&[KEY, ("DATABASE_URL", database)]).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        body.contains("could not be opened")
            && !body.contains("hunter2")
            && !body.contains("127.0.0.1"),
        "{body}"
    );
}
