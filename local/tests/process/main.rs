//! Tests the program as a separate process: log, metrics, limits, shutdown and kills.

#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

mod attacks;
mod console;
mod embeddings;
mod harness;
mod kill;
mod limits;
mod metrics;

use std::net::TcpListener;

use harness::{
    AGENT, CALL, CONVERSATION, Process, SECRETS, TOMAS, is_done, private_in, wait_for_extraction,
};
use reqwest::StatusCode;
use serde_json::json;

/// The harness checks the same for every other process when it ends.
#[tokio::test]
async fn the_most_verbose_log_contains_ids_and_no_private_data() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::start(&folder, &[]);
    assert_eq!(process.post_call(CALL).await, StatusCode::OK);
    wait_for_extraction(&folder).await;
    assert_eq!(
        process.client_data().await["dynamic_variables"]["caller_known"],
        "true"
    );
    let search = json!({"query": "Hazel Court quince", "caller_id": TOMAS, "agent_id": AGENT});
    assert_ne!(
        process
            .post("/webhook/search-memory", &search.to_string())
            .await["results"],
        json!([])
    );
    process
        .post(
            "/webhook/search-memory",
            &format!("{{\"query\": \"Tomas Berglind {TOMAS}"),
        )
        .await;
    assert_eq!(
        process.post_call(b"Tomas Berglind is not JSON").await,
        StatusCode::OK
    );
    let output =
        process.ask_to_stop() + &std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(
        output.contains("call extracted") && output.contains(CONVERSATION),
        "the expected events were not logged: {output}"
    );
    assert_eq!(private_in(&output), Vec::<&str>::new(), "in {output}");
}

#[test]
fn a_number_or_a_secret_in_the_log_is_detected() {
    let log = format!(
        "{{\"caller\":\"{TOMAS}\",\"key\":\"{}\",\"id\":\"{CONVERSATION}\"}}",
        SECRETS[1].1
    );
    assert_eq!(private_in(&log), ["1202555", "2025550123", SECRETS[1].1]);
}

#[tokio::test]
async fn an_acknowledged_call_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    // A memory store that accepts connections but never responds: the call cannot be finished
    // before the kill.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let store = format!("http://{}", silent.local_addr().unwrap());
    let mut process = Process::start(&folder, &[("OPENMEMORY_API_URL", &store)]);
    assert_eq!(process.post_call(CALL).await, StatusCode::OK);
    process.kill();
    assert!(!is_done(&folder));
    let mut process = Process::start(&folder, &[]);
    wait_for_extraction(&folder).await;
    assert_eq!(
        process.client_data().await["dynamic_variables"]["caller_name"],
        "Tomas"
    );
    process.ask_to_stop();
}
