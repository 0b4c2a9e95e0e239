//! The complete system with the public OpenMemory.

use elaaoms_tests::Deployment;
use elaaoms_tests::cavira::{Build, Cavira};
use elaaoms_tests::payload::{self, NURSERY, TOMAS};
use serde_json::json;

async fn start_with(server: &Cavira) -> Deployment {
    Deployment::with(&[
        ("OPENMEMORY_API_URL", &server.url()),
        ("OPENMEMORY_API_KEY", server.key()),
    ])
    .await
}

#[tokio::test]
async fn a_caller_is_greeted_and_their_memories_are_found() {
    let server = Cavira::start(Build::V130).await;
    let deployment = start_with(&server).await;
    deployment.remember(payload::body("first-call")).await;
    deployment.remember(payload::body("second-call")).await;
    let reply = deployment.elevenlabs.ring(NURSERY, TOMAS).await;
    assert_eq!(reply.variable("caller_known"), "true");
    assert!(
        reply.variable("greeting").contains("Tomas"),
        "{}",
        reply.text
    );
    assert!(
        reply.variable("memory_context").contains("22 Orchard Row"),
        "{}",
        reply.text
    );
    let search = json!({"query": "Orchard Row", "agent_id": NURSERY, "caller_id": TOMAS});
    let reply = deployment.elevenlabs.search(&search).await;
    assert!(
        reply
            .found()
            .iter()
            .any(|memory| memory.contains("Orchard Row")),
        "{}",
        reply.text
    );
    assert_eq!(deployment.elevenlabs.health().await.status, 200);
}

#[tokio::test]
async fn health_explains_that_a_build_cannot_keep_callers_apart() {
    let server = Cavira::start(Build::Newest).await;
    let deployment = start_with(&server).await;
    let health = deployment.elevenlabs.health().await;
    assert_eq!(health.status, 503);
    assert!(
        health.text.contains("tenant_mismatch")
            && health.text.contains("cannot keep callers apart"),
        "{}",
        health.text
    );
    let ring = deployment.elevenlabs.ring(NURSERY, TOMAS).await;
    assert_eq!(
        (ring.status.as_u16(), ring.variable("caller_known")),
        (200, "false")
    );
    let search = json!({"query": "Orchard Row", "agent_id": NURSERY, "caller_id": TOMAS});
    assert_eq!(
        deployment.elevenlabs.search(&search).await.body["memory_available"],
        false
    );
    assert!(server.rows().is_empty());
}
