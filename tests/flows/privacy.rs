//! Log lines contain ids, and no words, names, numbers or secrets.

use elaaoms_tests::log::{self, Log};
use elaaoms_tests::payload::{self, CALLED, INES, NURSERY, TOMAS};
use elaaoms_tests::{Claim, Deployment, Provider, SIGNING_SECRET, Store, WEBHOOK_KEY, eventually};
use serde_json::json;
use tracing::{debug, info};

/// Every other flow makes the same check when its system stops.
#[tokio::test]
async fn no_log_line_contains_personal_data() {
    let log = Log::of_this_process();
    a_day_of_calls(log).await;
    for expected in [
        "webhook stored",
        "call extracted",
        "request refused",
        "extraction postponed",
        "conv_5501tomas1first",
    ] {
        assert!(log.says(&[expected]), "missing from the log: {expected}");
    }
    assert!(
        log.says(&[
            "webhook stored",
            r#""request_id":"req_"#,
            "conv_5501tomas1first"
        ]),
        "a line carries the ids of its request"
    );
    assert_eq!(log.leaks(), Vec::<String>::new());
}

#[test]
fn a_log_line_with_a_name_a_number_or_a_secret_is_detected() {
    let log: &'static Log = Box::leak(Box::default());
    tracing::subscriber::with_default(log::subscriber(log), || {
        info!(target: "post_call", conversation_id = "conv_5501tomas1first", "webhook stored");
        assert_eq!(log.leaks(), Vec::<String>::new());
        info!(target: "client_data", "Tomas called");
        debug!(target: "common::openmemory", caller = TOMAS, "a caller");
        info!(target: "common::webhook_error", error = ?std::io::Error::other(format!("401 for {WEBHOOK_KEY}")), "request refused");
    });
    assert_eq!(log.leaks().len(), 3, "{:?}", log.leaks());
}

/// Causes every kind of log line: calls, searches, refusals, outages of the store and the model.
async fn a_day_of_calls(log: &Log) {
    let mut store = Store::start().await;
    let model = Provider::start().await;
    let deployment = Deployment::with(&[
        ("OPENMEMORY_API_URL", &store.url()),
        ("LLM_PROVIDER", "openai"),
        ("LLM_MODEL", "m"),
        ("LLM_API_KEY", "sk-flowerpot"),
        ("LLM_API_URL", &model.url()),
        ("CLIENT_DATA_DEADLINE_MS", "200"),
        ("SEARCH_DEADLINE_MS", "200"),
        ("TRUST_USER_ID", "true"),
    ])
    .await;
    model.answers(|_| {
        Claim::answer(
            &[Claim::new("A scripted answer.", 1, "quince trees")],
            "A scripted answer.",
        )
    });
    for name in [
        "first-call",
        "second-call",
        "spanish",
        "injection",
        "outbound",
        "web-user-id",
    ] {
        deployment.remember(payload::body(name)).await;
    }
    for name in [
        "audio",
        "failure-twilio",
        "failure-sip",
        "withheld",
        "web-no-caller",
    ] {
        deployment.elevenlabs.post_call(payload::body(name)).await;
    }
    send_requests(&deployment).await;
    store.stop().await;
    send_requests(&deployment).await;
    deployment
        .elevenlabs
        .post_call(waiting("conv_waiting"))
        .await;
    eventually("a call waits", async || {
        log.says(&["conv_waiting", "extraction postponed"])
            .then_some(())
    })
    .await;
    store.resume();
    model.refuses(401);
    deployment.done("conv_waiting").await;
    deployment.stop().await;
}

/// Sends valid, invalid and unauthenticated requests to every webhook.
async fn send_requests(deployment: &Deployment) {
    let elevenlabs = &deployment.elevenlabs;
    for caller in [TOMAS, INES, CALLED] {
        elevenlabs.ring(NURSERY, caller).await;
        elevenlabs
            .search(
                &json!({"query": "Hazel Court quince", "caller_id": caller, "agent_id": NURSERY}),
            )
            .await;
    }
    for path in [
        "/webhook/client-data",
        "/webhook/search-memory",
        "/webhook/do-not-remember",
    ] {
        elevenlabs
            .keyed(
                path,
                json!({"query": {"Hazel": TOMAS}, "agent_id": "Orchard Row"}).to_string(),
            )
            .await;
        elevenlabs
            .send(
                elevenlabs
                    .post(path, "{}")
                    .header("x-api-key", format!("{WEBHOOK_KEY}x")),
            )
            .await;
    }
    elevenlabs
        .post_call_with(
            payload::body("first-call"),
            Some(&format!("t=1,v0={SIGNING_SECRET}")),
        )
        .await;
    elevenlabs
        .post_call(format!("Tomas {TOMAS} is not JSON"))
        .await;
    elevenlabs.health().await;
}

fn waiting(conversation: &str) -> bytes::Bytes {
    payload::edited(
        "second-call",
        &[("/data/conversation_id", json!(conversation))],
    )
}
