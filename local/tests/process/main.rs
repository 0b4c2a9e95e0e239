//! The binary as a process of its own: its log, its figures, its limits, its end, and its sudden end.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod figures;
mod harness;
mod kill;
mod limits;

use std::net::TcpListener;

use harness::{AGENT, CALL, CONVERSATION, Process, SECRETS, TOMAS, is_done, wait_for_the_end_of};
use reqwest::StatusCode;
use serde_json::json;

#[tokio::test]
async fn at_debug_level_the_log_holds_ids_and_nothing_of_anybody() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::start(&folder, &[("LOG_LEVEL", "DEBUG")]);
    assert_eq!(process.hang_up(CALL).await, StatusCode::OK);
    wait_for_the_end_of(&folder).await;
    assert_eq!(process.ring().await["dynamic_variables"]["caller_known"], "true");
    let question = json!({"query": "Hazel Court quince", "caller_id": TOMAS, "agent_id": AGENT});
    assert_ne!(process.post("/webhook/search-memory", &question.to_string()).await["results"], json!([]));
    process.post("/webhook/search-memory", &format!("{{\"query\": \"Tomas Berglind {TOMAS}")).await;
    assert_eq!(process.hang_up(b"Tomas Berglind is not JSON").await, StatusCode::OK);
    let said = process.ask_to_stop() + &std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(said.contains("a call is remembered") && said.contains(CONVERSATION), "the log was not heard: {said}");
    let said = said.replace(CONVERSATION, "");
    for personal in ["Tomas", "Berglind", "2025550123", "Hazel", "quince", "GF-4410", "after six"] {
        assert!(!said.contains(personal), "{personal} in {said}");
    }
    for (name, secret) in SECRETS {
        assert!(!said.contains(secret), "{name} in {said}");
    }
}

#[tokio::test]
async fn a_call_that_was_acknowledged_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    // Connections are made and nothing is ever answered: the call cannot be finished before the kill.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let store = format!("http://{}", silent.local_addr().unwrap());
    let mut process = Process::start(&folder, &[("OPENMEMORY_API_URL", &store)]);
    assert_eq!(process.hang_up(CALL).await, StatusCode::OK);
    process.kill();
    assert!(!is_done(&folder));
    let mut process = Process::start(&folder, &[]);
    wait_for_the_end_of(&folder).await;
    assert_eq!(process.ring().await["dynamic_variables"]["caller_name"], "Tomas");
    process.ask_to_stop();
}
