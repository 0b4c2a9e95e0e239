//! Expiry of memories and caller cards (`MEMORY_RETENTION_DAYS`).

use elaaoms_tests::{Deployment, now, payload};
use serde_json::{Value, json};

const CALLER: &str = "+12025550112";
const AGENT: &str = "agent_plain";
const DAY: i64 = 24 * 3600;

#[tokio::test]
async fn retention_counts_from_the_call_not_from_its_extraction() {
    let deployment = Deployment::with(&[("MEMORY_RETENTION_DAYS", "30")]).await;
    deployment
        .remember(call("conv_old", 40, "The caller likes the corner table."))
        .await;
    assert_eq!(lookup(&deployment).await, ("false".to_owned(), Vec::new()));
    deployment
        .remember(call("conv_recent", 10, "The caller owns a blue canoe."))
        .await;
    assert_eq!(
        lookup(&deployment).await,
        (
            "true".to_owned(),
            vec!["The caller owns a blue canoe.".to_owned()]
        )
    );
}

#[tokio::test]
async fn a_repeated_statement_extends_the_expiry_of_its_memory() {
    let deployment = Deployment::with(&[("MEMORY_RETENTION_DAYS", "30")]).await;
    deployment
        .remember(call("conv_first", 29, "The caller likes the corner table."))
        .await;
    let before = expiry(&deployment).await;
    deployment
        .remember(call("conv_second", 1, "The caller likes the corner table."))
        .await;
    let after = expiry(&deployment).await;
    assert!(
        after.duration_since(before).as_secs() >= 28 * DAY,
        "{before} {after}"
    );
    deployment
        .remember(call("conv_late", 20, "The caller likes the corner table."))
        .await;
    assert_eq!(
        expiry(&deployment).await,
        after,
        "an older call delivered late must not shorten the expiry"
    );
}

#[tokio::test]
async fn by_default_memories_do_not_expire() {
    let deployment = Deployment::start().await;
    deployment
        .remember(call("conv_old", 4000, "The caller likes the corner table."))
        .await;
    assert_eq!(
        lookup(&deployment).await,
        (
            "true".to_owned(),
            vec!["The caller likes the corner table.".to_owned()]
        )
    );
}

#[tokio::test]
async fn a_retention_set_later_applies_to_stored_memories() {
    let deployment = Deployment::start().await;
    deployment
        .remember(call("conv_old", 40, "The caller likes the corner table."))
        .await;
    deployment
        .remember(call("conv_recent", 10, "The caller owns a blue canoe."))
        .await;
    let deployment = deployment
        .stop()
        .await
        .set("MEMORY_RETENTION_DAYS", "30")
        .start()
        .await;
    assert_eq!(
        lookup(&deployment).await,
        (
            "true".to_owned(),
            vec!["The caller owns a blue canoe.".to_owned()]
        )
    );
    let deployment = deployment
        .stop()
        .await
        .set("MEMORY_RETENTION_DAYS", "5")
        .start()
        .await;
    assert_eq!(lookup(&deployment).await, ("false".to_owned(), Vec::new()));
}

/// Returns `caller_known` and the memories that a search finds.
async fn lookup(deployment: &Deployment) -> (String, Vec<String>) {
    let ring = deployment.elevenlabs.ring(AGENT, CALLER).await;
    let mut all = Vec::new();
    for words in ["corner table", "blue canoe"] {
        let query = json!({"query": words, "caller_id": CALLER, "agent_id": AGENT});
        all.extend(
            deployment
                .elevenlabs
                .search(&query)
                .await
                .found()
                .into_iter()
                .map(str::to_owned),
        );
    }
    all.sort();
    all.dedup();
    (ring.variable("caller_known").to_owned(), all)
}

/// Returns the expiry of the only memory.
async fn expiry(deployment: &Deployment) -> jiff::Timestamp {
    let memories = deployment.memories(AGENT, CALLER).await;
    assert_eq!(memories.len(), 1, "{memories:?}");
    memories[0]["expires_at"].as_str().unwrap().parse().unwrap()
}

/// Returns a call that began `days_ago` days ago and whose summary by ElevenLabs is `sentence`.
fn call(conversation: &str, days_ago: i64, sentence: &str) -> String {
    let mut body: Value = payload::json("no-analysis");
    let data = &mut body["data"];
    data["conversation_id"] = json!(conversation);
    data["transcript"] = json!([{"role": "user", "message": "Good morning."}]);
    data["dynamic_variables"]["system__caller_id"] = json!(CALLER);
    data["analysis"] = json!({"transcript_summary": sentence, "call_successful": "success"});
    data["metadata"] = json!({"start_time_unix_secs": now() - days_ago * DAY});
    body.to_string()
}
