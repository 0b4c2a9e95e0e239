//! Kills the process again and again while calls come in: each call is stored exactly once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::harness::{Process, SECRETS, post_call};

const CALLERS: usize = 100;
const TOPICS: [&str; 5] = ["pet", "street", "vehicle", "favourite_dish", "instrument"];
/// Number of calls that are posted concurrently.
const CONCURRENT_POSTS: usize = 8;
const KILLS: usize = 12;
/// Delay between two calls of one poster, so that calls keep coming in during all kills.
const POST_DELAY: Duration = Duration::from_millis(100);
/// How long to wait for all extractions; enough for a slow machine.
const TIMEOUT: Duration = Duration::from_secs(300);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_of_five_hundred_calls_is_stored_exactly_once_despite_kills() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::start(&folder, &[]);
    let base = process.base.clone();
    let port = port_of(&base);
    let mut posting = post_all(&base);
    let mut random = fastrand::Rng::with_seed(20);
    let mut interrupted = 0;
    for _ in 0..KILLS {
        tokio::time::sleep(Duration::from_millis(random.u64(50..700))).await;
        process.kill();
        interrupted += usize::from(missing(&folder) > 0);
        process = Process::start_on(port, &folder, &[]);
    }
    assert!(
        interrupted > KILLS / 2,
        "only {interrupted} kills interrupted work"
    );
    while posting.join_next().await.is_some() {}
    wait_until_done(&folder).await;
    for caller in 0..CALLERS {
        let memories = memories(&process, caller).await;
        let mut seen: HashMap<&str, usize> = HashMap::new();
        for memory in &memories {
            *seen.entry(memory["content"].as_str().unwrap()).or_default() += 1;
        }
        assert_eq!(seen.len(), TOPICS.len(), "caller {caller}: {seen:?}");
        assert!(
            seen.values().all(|count| *count == 1),
            "caller {caller}: {seen:?}"
        );
        for topic in TOPICS {
            let fact = fact(caller, topic);
            assert!(
                seen.keys().any(|content| content.ends_with(&fact)),
                "{fact} is not in {seen:?}"
            );
        }
    }
    process.ask_to_stop();
}

/// Posts every call until it is acknowledged, as ElevenLabs does with retries enabled.
fn post_all(base: &str) -> JoinSet<()> {
    let url = format!("{base}/webhook/post-call");
    let permits = Arc::new(Semaphore::new(CONCURRENT_POSTS));
    let http = common::http_client::build().unwrap();
    let mut posting = JoinSet::new();
    for caller in 0..CALLERS {
        for topic in TOPICS {
            let http = http.clone();
            let url = url.clone();
            let permits = Arc::clone(&permits);
            posting.spawn(async move {
                let _permit = permits.acquire_owned().await.unwrap();
                while post_call(&http, &url, body(caller, topic)).await.ok() != Some(StatusCode::OK)
                {
                    tokio::time::sleep(Duration::from_millis(30)).await;
                }
                tokio::time::sleep(POST_DELAY).await;
            });
        }
    }
    posting
}

fn body(caller: usize, topic: &str) -> Vec<u8> {
    let call = json!({"type": "post_call_transcription", "event_timestamp": 1_767_261_633, "data": {
        "agent_id": "agent_kill", "conversation_id": conversation(caller, topic), "status": "done",
        "transcript": [{"role": "user", "message": "Please write that down.", "time_in_call_secs": 1}],
        "metadata": {"start_time_unix_secs": 1_767_261_000, "phone_call": {"direction": "inbound", "external_number": number(caller)}},
        "analysis": {"data_collection_results": {topic: {"value": fact(caller, topic)}}}}});
    serde_json::to_vec(&call).unwrap()
}

fn conversation(caller: usize, topic: &str) -> String {
    format!("conv_{caller}_{topic}")
}

fn number(caller: usize) -> String {
    format!("+1202555{caller:04}")
}

fn fact(caller: usize, topic: &str) -> String {
    format!("{topic} number {caller}")
}

async fn wait_until_done(folder: &TempDir) {
    let started = Instant::now();
    loop {
        let missing = missing(folder);
        if missing == 0 {
            return;
        }
        assert!(
            started.elapsed() < TIMEOUT,
            "{missing} calls are not extracted"
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Returns the number of calls that are not extracted yet.
fn missing(folder: &TempDir) -> usize {
    let done = std::fs::read_dir(folder.path().join("data/extractions"))
        .into_iter()
        .flatten();
    let is_done = |name: &std::ffi::OsStr| name.to_string_lossy().ends_with(".done");
    CALLERS * TOPICS.len()
        - done
            .filter(|file| file.as_ref().is_ok_and(|file| is_done(&file.file_name())))
            .count()
}

async fn memories(process: &Process, caller: usize) -> Vec<Value> {
    let url = format!(
        "{}/api/v1/agents/agent_kill/callers/{}/memories",
        process.store,
        number(caller)
    );
    let response: Value = process
        .http
        .get(url)
        .header("x-api-key", SECRETS[3].1)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    response["memories"].as_array().unwrap().clone()
}

fn port_of(base: &str) -> u16 {
    base.rsplit(':').next().unwrap().parse().unwrap()
}
