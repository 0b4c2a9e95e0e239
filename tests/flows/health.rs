//! `/health` reports whether calls can be served, and why not.

use std::time::Duration;

use elaaoms_tests::{Claim, Deployment, Provider, Store};
use serde_json::json;

#[tokio::test]
async fn a_healthy_system_reports_healthy() {
    let deployment = Deployment::start().await;
    let reply = deployment.elevenlabs.complete_health().await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body["status"], "healthy");
    assert!(
        reply.body["version"].is_string() && reply.body["timestamp"].is_string(),
        "{}",
        reply.text
    );
    let checks = json!({"openmemory": "healthy", "database": "healthy", "llm_api": "not_used", "settings": "healthy",
        "storage": "healthy"});
    assert_eq!(reply.body["checks"], checks);
}

#[tokio::test]
async fn an_unreachable_store_is_reported_as_unhealthy() {
    let mut store = Store::start().await;
    store.stop().await;
    let deployment = Deployment::with(&[("OPENMEMORY_API_URL", &store.url())]).await;
    let reply = deployment.elevenlabs.complete_health().await;
    assert_eq!(reply.status, 503);
    assert_eq!(reply.body["status"], "unhealthy");
    assert_eq!(reply.body["checks"]["openmemory"], "unhealthy");
    assert!(
        reply.body["reasons"][0]
            .as_str()
            .unwrap()
            .contains("OpenMemory"),
        "{}",
        reply.text
    );
}

#[tokio::test]
async fn a_prober_gets_an_answer_while_the_store_hangs() {
    let store = Store::start().await;
    store.hang();
    let deployment = Deployment::with(&[("OPENMEMORY_API_URL", &store.url())]).await;
    let reply = deployment.elevenlabs.health().await;
    assert_eq!(reply.status, 503, "{}", reply.text);
    assert_eq!(
        reply.body["reasons"],
        json!(["OpenMemory has not answered yet."])
    );
    let complete = deployment.elevenlabs.complete_health().await;
    assert_eq!(complete.status, 503, "{}", complete.text);
    assert_eq!(
        complete.body["reasons"],
        json!(["OpenMemory did not answer in time."])
    );
}

#[tokio::test]
async fn all_probers_share_one_check_even_those_that_hang_up() {
    let store = Store::start().await;
    store.hang();
    let deployment = with_dialect(&store).await;
    let before = store.health_requests();
    let elevenlabs = &deployment.elevenlabs;
    for _ in 0..5 {
        elevenlabs.abandon_probe().await;
    }
    store.heal();
    let reply = elevenlabs.complete_health().await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(store.health_requests() - before, 1);
}

#[tokio::test]
async fn liveness_does_not_depend_on_the_store() {
    let store = Store::start().await;
    store.hang();
    let deployment = with_dialect(&store).await;
    let before = store.health_requests();
    let reply = deployment.elevenlabs.probe("/health/live").await;
    assert_eq!(
        (reply.status.as_u16(), &reply.body),
        (200, &json!({"status": "alive"}))
    );
    assert_eq!(store.health_requests(), before, "the store is not asked");
}

#[tokio::test]
async fn a_report_tells_its_age() {
    let deployment = Deployment::start().await;
    let first = deployment.elevenlabs.complete_health().await;
    let age = first.body["age_seconds"].as_u64().unwrap();
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let second = deployment.elevenlabs.health().await;
    assert_eq!(second.body["timestamp"], first.body["timestamp"]);
    assert!(
        second.body["age_seconds"].as_u64() > Some(age),
        "{}",
        second.text
    );
}

#[tokio::test]
async fn missing_secrets_are_named_without_any_value() {
    let deployment = Deployment::with(&[("WEBHOOK_API_KEY", ",")]).await;
    let reply = deployment.elevenlabs.complete_health().await;
    assert_eq!(reply.status, 503);
    assert_eq!(reply.body["checks"]["settings"], "unhealthy");
    assert!(
        reply.text.contains("WEBHOOK_API_KEY") && !reply.text.contains("HMAC"),
        "{}",
        reply.text
    );
    assert!(!reply.text.contains(elaaoms_tests::SIGNING_SECRET));
}

#[tokio::test]
async fn an_unreachable_provider_degrades_health() {
    for (is_available, status) in [(true, "healthy"), (false, "degraded")] {
        let model = Provider::start().await;
        if is_available {
            model.answers(|_| Claim::answer(&[], ""));
        }
        let settings = [
            ("LLM_PROVIDER", "openai"),
            ("LLM_MODEL", "m"),
            ("LLM_API_KEY", "k"),
            ("LLM_API_URL", &model.url()),
        ];
        let deployment = Deployment::with(&settings).await;
        let reply = deployment.elevenlabs.complete_health().await;
        assert_eq!(reply.status, 200, "calls are still served: {}", reply.text);
        assert_eq!(reply.body["status"], status);
    }
}

/// Starts a deployment that knows the store's dialect, so that a check is one request to the
/// store's `/health`.
async fn with_dialect(store: &Store) -> Deployment {
    let url = store.url();
    Deployment::with(&[("OPENMEMORY_API_URL", &url), ("OPENMEMORY_DIALECT", "v1")]).await
}
