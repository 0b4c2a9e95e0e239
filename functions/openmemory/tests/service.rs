//! The function's router, as Lambda asks it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use axum::body::Body;
use axum::http::{Request, StatusCode};
use common::secrets::{SecretSet, Secrets};
use http_body_util::BodyExt;
use openmemory::Settings;
use openmemory_function::{Service, router};
use tower::ServiceExt;

async fn health(secrets: &[(&str, &str)]) -> (StatusCode, String) {
    let lookup = |name: &str| secrets.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    let settings = Settings::new("sqlite::memory:", "127.0.0.1:0".parse().unwrap());
    let service = Service::new(Secrets::fixed(SecretSet::read(lookup)), settings);
    let answer = router(service).oneshot(Request::get("/health").body(Body::empty()).unwrap()).await.unwrap();
    let status = answer.status();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

/// A PostgreSQL to test on, where the environment names one.
#[expect(clippy::disallowed_methods, reason = "tests have no settings")]
fn database() -> Option<String> {
    std::env::var("OPENMEMORY_TEST_DATABASE_URL").ok()
}

#[tokio::test]
async fn with_its_secrets_it_is_healthy_and_asks_for_the_key() {
    let Some(database) = database() else { return };
    let (status, said) = health(&[KEY, ("DATABASE_URL", &database)]).await;
    assert_eq!(status, StatusCode::OK, "{said}");
    assert!(said.contains("\"database\":\"connected\""), "{said}");
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
    assert!(said.contains("cannot be opened") && !said.contains("hunter2") && !said.contains("127.0.0.1"), "{said}");
}
