//! `/health` reports whether calls can be served, and why not.

use elaaoms_tests::{Claim, Deployment, Provider, Store};
use serde_json::json;

#[tokio::test]
async fn a_healthy_system_reports_healthy() {
    let deployment = Deployment::start().await;
    let reply = deployment.elevenlabs.health().await;
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
    let reply = deployment.elevenlabs.health().await;
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
async fn a_hanging_store_does_not_delay_health() {
    let store = Store::start().await;
    store.hang();
    let deployment = Deployment::with(&[("OPENMEMORY_API_URL", &store.url())]).await;
    let reply = deployment.elevenlabs.health().await;
    assert_eq!(reply.status, 503, "{}", reply.text);
}

#[tokio::test]
async fn missing_secrets_are_named_without_any_value() {
    let deployment = Deployment::with(&[("WEBHOOK_API_KEY", ",")]).await;
    let reply = deployment.elevenlabs.health().await;
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
        let reply = deployment.elevenlabs.health().await;
        assert_eq!(reply.status, 200, "calls are still served: {}", reply.text);
        assert_eq!(reply.body["status"], status);
    }
}
