//! How long memories and caller cards are kept (`MEMORY_RETENTION_DAYS`).

use elaaoms_tests::{Deployment, now, payload};
use serde_json::{Value, json};

const CALLER: &str = "+12025550112";
const AGENT: &str = "agent_plain";
const DAY: i64 = 24 * 3600;

#[tokio::test]
async fn what_a_call_said_is_kept_so_many_days_after_the_call_and_not_after_it_was_worked_on() {
    let deployment = Deployment::with(&[("MEMORY_RETENTION_DAYS", "30")]).await;
    deployment
        .remember(call("conv_old", 40, "The caller likes the corner table."))
        .await;
    assert_eq!(known(&deployment).await, ("false".to_owned(), Vec::new()));
    deployment
        .remember(call("conv_recent", 10, "The caller owns a blue canoe."))
        .await;
    assert_eq!(
        known(&deployment).await,
        (
            "true".to_owned(),
            vec!["The caller owns a blue canoe.".to_owned()]
        )
    );
}

#[tokio::test]
async fn a_later_call_that_says_the_same_keeps_it_longer() {
    let deployment = Deployment::with(&[("MEMORY_RETENTION_DAYS", "30")]).await;
    deployment
        .remember(call("conv_first", 29, "The caller likes the corner table."))
        .await;
    let before = end(&deployment).await;
    deployment
        .remember(call("conv_second", 1, "The caller likes the corner table."))
        .await;
    let after = end(&deployment).await;
    assert!(
        after.duration_since(before).as_secs() >= 28 * DAY,
        "{before} {after}"
    );
    deployment
        .remember(call("conv_late", 20, "The caller likes the corner table."))
        .await;
    assert_eq!(
        end(&deployment).await,
        after,
        "an earlier call that comes later does not shorten it"
    );
}

#[tokio::test]
async fn by_default_everything_is_kept() {
    let deployment = Deployment::start().await;
    deployment
        .remember(call("conv_old", 4000, "The caller likes the corner table."))
        .await;
    assert_eq!(
        known(&deployment).await,
        (
            "true".to_owned(),
            vec!["The caller likes the corner table.".to_owned()]
        )
    );
}

#[tokio::test]
async fn a_limit_that_is_set_later_hides_what_was_stored_before() {
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
        known(&deployment).await,
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
    assert_eq!(known(&deployment).await, ("false".to_owned(), Vec::new()));
}

/// Whether the caller is known, and what is found of them.
async fn known(deployment: &Deployment) -> (String, Vec<String>) {
    let ring = deployment.elevenlabs.ring(AGENT, CALLER).await;
    let mut all = Vec::new();
    for query in ["corner table", "blue canoe"] {
        let question = json!({"query": query, "caller_id": CALLER, "agent_id": AGENT});
        all.extend(
            deployment
                .elevenlabs
                .search(&question)
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

/// When the store lets go of the only memory.
async fn end(deployment: &Deployment) -> jiff::Timestamp {
    let memories = deployment.memories(AGENT, CALLER).await;
    assert_eq!(memories.len(), 1, "{memories:?}");
    memories[0]["expires_at"].as_str().unwrap().parse().unwrap()
}

/// A call that began so many days ago, of which ElevenLabs' summary is the sentence.
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
