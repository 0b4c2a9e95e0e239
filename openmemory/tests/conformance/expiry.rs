//! Memories that expire (extension `expiry`).

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use openmemory::{Clock, Settings};
use serde_json::{Value, json};

use crate::database::Database;
use crate::service::{ALICE, Service, id, memory, memory_with};

const FAR: &str = "2999-01-01T00:00:00Z";
const FARTHER: &str = "2999-06-01T00:00:00Z";
const PAST: &str = "2001-01-01T00:00:00Z";

/// After this time, a memory that expires [`in_an_hour`] has expired, and a profile has not.
const TWO_HOURS: SignedDuration = SignedDuration::from_hours(2);

/// The time in an hour.
fn in_an_hour() -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "the service reads the same clock"
    )]
    let now = Timestamp::now();
    (now + SignedDuration::from_hours(1)).to_string()
}

fn lasting(content: &str, expires_at: &str) -> Value {
    memory_with(ALICE, content, json!({ "expires_at": expires_at }))
}

async fn exported(service: &Service) -> Vec<Value> {
    service.get("/api/v1/export").await.1["memories"]
        .as_array()
        .unwrap()
        .clone()
}

#[tokio::test]
async fn an_expired_memory_is_neither_found_listed_counted_nor_reinforced() {
    let clock = Clock::default();
    let service = Service::with(|settings| settings.with_clock(clock.clone())).await;
    service.store(ALICE, "Plays chess").await;
    let first = service
        .post("/api/v1/memories", lasting("Has a dog", &in_an_hour()))
        .await;
    let body = json!({ "agent_id": "support", "caller_id": ALICE, "profile_data": {} });
    service.post("/api/v1/agents", body).await;
    assert_eq!(service.search(ALICE, "").await.len(), 2);
    clock.advance(TWO_HOURS);
    assert_eq!(service.found(ALICE, "").await, ["Plays chess"]);
    assert!(service.found(ALICE, "dog").await.is_empty());
    let filters = json!({ "caller_id": ALICE, "filters": { "min_importance": 1 } });
    assert_eq!(
        service.post("/api/v1/memories/search", filters).await["total_count"],
        1
    );
    for path in [
        "callers/%2B12025550101",
        "agents/support/callers/%2B12025550101",
    ] {
        assert_eq!(
            service.get(&format!("/api/v1/{path}/memories")).await.1["total_count"],
            1
        );
    }
    assert_eq!(
        service
            .get("/api/v1/agents/support/callers/%2B12025550101")
            .await
            .1["memory_count"],
        1
    );
    let again = service
        .post("/api/v1/memories", lasting("Has a dog", FAR))
        .await;
    assert_eq!(again["action"], "stored");
    assert_ne!(id(&again), id(&first));
}

#[tokio::test]
async fn a_memory_that_arrives_expired_is_not_stored_and_evicts_nothing() {
    let service = Service::with(|settings| settings.with_max_memories_per_agent(1)).await;
    service.store(ALICE, "Plays chess").await;
    let over = service
        .post("/api/v1/memories", lasting("Has a dog", PAST))
        .await;
    assert_eq!(
        (&over["action"], &over["evicted"]),
        (&json!("stored"), &json!(null))
    );
    assert_eq!(exported(&service).await.len(), 1);
    assert_eq!(service.found(ALICE, "").await, ["Plays chess"]);
}

#[tokio::test]
async fn a_repetition_extends_an_expiry_but_never_shortens_it() {
    let service = Service::start().await;
    let end = async |service: &Service| exported(service).await[0]["expires_at"].clone();
    service
        .post("/api/v1/memories", lasting("Has a dog", FAR))
        .await;
    service
        .post("/api/v1/memories", lasting("The caller has a dog.", PAST))
        .await;
    assert_eq!(end(&service).await, FAR);
    let named = id(&service
        .post("/api/v1/memories", lasting("Has a dog", FARTHER))
        .await);
    assert_eq!(end(&service).await, FARTHER);
    service.store(ALICE, "Has a dog").await;
    assert_eq!(
        end(&service).await,
        Value::Null,
        "said again without an end"
    );
    let more = json!({ "reinforces": named, "expires_at": FAR });
    service
        .post("/api/v1/memories", memory_with(ALICE, "Has a dog", more))
        .await;
    assert_eq!(
        end(&service).await,
        FAR,
        "one without an end gets one when it is said again"
    );
}

#[tokio::test]
async fn a_superseded_memory_expires_with_its_successor() {
    let service = Service::start().await;
    let old = id(&service.store(ALICE, "Lives in Boston").await);
    let mut moved = lasting("Lives in Denver", FAR);
    moved["supersedes"] = json!(old);
    service.batch(vec![moved]).await;
    let ends: Vec<Value> = exported(&service)
        .await
        .iter()
        .map(|memory| memory["expires_at"].clone())
        .collect();
    assert_eq!(ends, [FAR, FAR]);
}

#[tokio::test]
async fn expired_memories_do_not_count_and_are_removed_in_the_background() {
    let clock = Clock::default();
    let of_one = |settings: Settings| {
        let settings = settings.with_max_memories_per_agent(1);
        settings.with_clock(clock.clone())
    };
    let service = Service::with(of_one).await;
    service
        .post("/api/v1/memories", lasting("Has a dog", &in_an_hour()))
        .await;
    clock.advance(TWO_HOURS);
    assert_eq!(
        exported(&service).await[0]["content"],
        "Has a dog",
        "an export shows what is not yet removed"
    );
    let next = service.store(ALICE, "Plays chess").await;
    assert_eq!(next["evicted"], json!(null));
    if Database::is_dynamodb() {
        // DynamoDB itself deletes expired items, within days.
        return;
    }
    let service = service.restart_with(of_one).await;
    let started = Instant::now();
    while exported(&service).await.len() > 1 {
        assert!(
            started.elapsed() < Duration::from_secs(60),
            "an expired memory is still there"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn export_and_import_preserve_the_expiry() {
    let source = Service::start().await;
    source
        .batch(vec![
            lasting("Has a dog", FAR),
            memory(ALICE, "Plays chess"),
        ])
        .await;
    let (_, export) = source.get("/api/v1/export").await;
    let target = Service::start().await;
    target.post("/api/v1/import", export.clone()).await;
    assert_eq!(
        exported(&target).await,
        export["memories"].as_array().unwrap().clone()
    );
    assert_eq!(exported(&target).await[0]["expires_at"], FAR);
}

#[tokio::test]
async fn an_expiry_must_be_a_time() {
    let service = Service::start().await;
    for wrong in [json!("soon"), json!(7)] {
        let answer = service
            .rejected(
                "/api/v1/memories",
                memory_with(ALICE, "x", json!({ "expires_at": wrong })),
            )
            .await;
        assert_eq!(answer["error"]["details"]["field"], "expires_at");
    }
    let (status, health) = service.get("/health").await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        health["extensions"]
            .as_array()
            .unwrap()
            .contains(&json!("expiry"))
    );
}
