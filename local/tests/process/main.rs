//! The binary as a process of its own: its log, its figures, its limits, its end, and its sudden
//! end.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod attacks;
mod embeddings;
mod figures;
mod harness;
mod kill;
mod limits;

use std::net::TcpListener;

use harness::{
    AGENT, CALL, CONVERSATION, Process, SECRETS, TOMAS, is_done, private_in, wait_for_the_end_of,
};
use reqwest::StatusCode;
use serde_json::json;

/// Every other process of these tests is held to the same when it ends.
#[tokio::test]
async fn at_its_loudest_the_log_holds_ids_and_nothing_of_anybody() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::start(&folder, &[]);
    assert_eq!(process.hang_up(CALL).await, StatusCode::OK);
    wait_for_the_end_of(&folder).await;
    assert_eq!(
        process.ring().await["dynamic_variables"]["caller_known"],
        "true"
    );
    let question = json!({"query": "Hazel Court quince", "caller_id": TOMAS, "agent_id": AGENT});
    assert_ne!(
        process
            .post("/webhook/search-memory", &question.to_string())
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
        process.hang_up(b"Tomas Berglind is not JSON").await,
        StatusCode::OK
    );
    let said = process.ask_to_stop() + &std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(
        said.contains("call extracted") && said.contains(CONVERSATION),
        "the log was not heard: {said}"
    );
    assert_eq!(private_in(&said), Vec::<&str>::new(), "in {said}");
}

#[test]
fn a_log_that_names_a_caller_or_a_secret_is_noticed() {
    let log = format!(
        "{{\"caller\":\"{TOMAS}\",\"key\":\"{}\",\"id\":\"{CONVERSATION}\"}}",
        SECRETS[1].1
    );
    assert_eq!(private_in(&log), ["1202555", "2025550123", SECRETS[1].1]);
}

#[tokio::test]
async fn a_call_that_was_acknowledged_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    // Connections are made and nothing is ever answered: the call cannot be finished before the
    // kill.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let store = format!("http://{}", silent.local_addr().unwrap());
    let mut process = Process::start(&folder, &[("OPENMEMORY_API_URL", &store)]);
    assert_eq!(process.hang_up(CALL).await, StatusCode::OK);
    process.kill();
    assert!(!is_done(&folder));
    let mut process = Process::start(&folder, &[]);
    wait_for_the_end_of(&folder).await;
    assert_eq!(
        process.ring().await["dynamic_variables"]["caller_name"],
        "Tomas"
    );
    process.ask_to_stop();
}
