//! The binary as a process of its own: its log, its end, and its sudden end.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use common::elevenlabs::signature::{HEADER, sign};
use jiff::Timestamp;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tempfile::TempDir;

const CALL: &[u8] = include_bytes!("../../tests/payloads/first-call.json");
const CONVERSATION: &str = "conv_5501tomas1first";
const AGENT: &str = "agent_4401greenfold7nursery2a";
const TOMAS: &str = "+12025550123";
const SECRETS: [(&str, &str); 3] = [
    ("ELEVENLABS_POST_CALL_HMAC_KEY", "wsec_of-the-process"),
    ("WEBHOOK_API_KEY", "key-of-the-process"),
    ("CALLER_ID_PEPPER", "pepper-of-the-process"),
];
/// Longer than anything here takes; then the test fails.
const PATIENCE: Duration = Duration::from_secs(30);

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

/// A running `elaaoms-local` over a folder.
struct Process {
    child: Child,
    said: BufReader<ChildStdout>,
    base: String,
    http: reqwest::Client,
}

impl Process {
    /// Starts it on free ports, without any setting of the surroundings, and waits until it listens.
    fn start(folder: &TempDir, settings: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_elaaoms-local"))
            .args(["--port", "0", "--openmemory-port", "0", "--data-dir", "data"])
            .env_clear()
            .envs(SECRETS)
            .envs(settings.iter().copied())
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(File::create(folder.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        let base = line.trim().strip_prefix("ELAAOMS listens on ").unwrap().to_owned();
        Self { child, said, base, http: common::http_client::build().unwrap() }
    }

    async fn hang_up(&self, body: &'static [u8]) -> StatusCode {
        let signature = sign(body, &SECRETS[0].1.into(), now());
        let request = self.http.post(format!("{}/webhook/post-call", self.base)).header(HEADER, signature).body(body);
        request.timeout(PATIENCE).send().await.unwrap().status()
    }

    async fn ring(&self) -> Value {
        self.post("/webhook/client-data", &json!({"caller_id": TOMAS, "agent_id": AGENT}).to_string()).await
    }

    async fn post(&self, path: &str, body: &str) -> Value {
        let request = self.http.post(format!("{}{path}", self.base)).header("x-api-key", SECRETS[1].1);
        request.body(body.to_owned()).timeout(PATIENCE).send().await.unwrap().json().await.unwrap()
    }

    /// Asks it to stop as an operator does, and gives what it wrote to standard output.
    fn ask_to_stop(&mut self) -> String {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(asked.success());
        let mut said = String::new();
        self.said.read_to_string(&mut said).unwrap();
        assert!(self.child.wait().unwrap().success(), "{said}");
        said
    }

    /// Ends it without a word, as a power cut does.
    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Left behind by a test that failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn wait_for_the_end_of(folder: &TempDir) {
    let started = Instant::now();
    while !is_done(folder) {
        assert!(started.elapsed() < PATIENCE, "the call was not remembered");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn is_done(folder: &TempDir) -> bool {
    Path::new(folder.path()).join(format!("data/extractions/{CONVERSATION}.done")).exists()
}

#[expect(clippy::disallowed_methods, reason = "a signature carries the time at which it is made")]
fn now() -> Timestamp {
    Timestamp::now()
}
