//! A process over a folder, and somebody who calls it.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use common::elevenlabs::signature::{HEADER, sign};
use jiff::Timestamp;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) const CALL: &[u8] = include_bytes!("../../../tests/payloads/first-call.json");
pub(crate) const CONVERSATION: &str = "conv_5501tomas1first";
pub(crate) const AGENT: &str = "agent_4401greenfold7nursery2a";
pub(crate) const TOMAS: &str = "+12025550123";
pub(crate) const SECRETS: [(&str, &str); 4] = [
    ("ELEVENLABS_POST_CALL_HMAC_KEY", "wsec_of-the-process"),
    ("WEBHOOK_API_KEY", "key-of-the-process"),
    ("CALLER_ID_PEPPER", "pepper-of-the-process"),
    ("OPENMEMORY_API_KEY", "store-key-of-the-process"),
];
/// Longer than anything here takes; then the test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A running `elaaoms-local` over a folder.
pub(crate) struct Process {
    child: Child,
    said: Option<BufReader<ChildStdout>>,
    log: PathBuf,
    /// Where its webhooks are.
    pub(crate) base: String,
    /// Where its memory store is.
    pub(crate) store: String,
    /// Where its metrics are, with `METRICS_PORT`.
    pub(crate) metrics: Option<String>,
    pub(crate) http: reqwest::Client,
}

impl Process {
    /// Starts it on free ports, without any setting of the surroundings, and waits until it
    /// listens.
    pub(crate) fn start(folder: &TempDir, settings: &[(&str, &str)]) -> Self {
        Self::start_on(0, folder, settings)
    }

    /// The same on this port.
    pub(crate) fn start_on(port: u16, folder: &TempDir, settings: &[(&str, &str)]) -> Self {
        let log = folder.path().join("log");
        let mut child = Command::new(env!("CARGO_BIN_EXE_elaaoms-local"))
            .args([
                "--port",
                &port.to_string(),
                "--openmemory-port",
                "0",
                "--data-dir",
                "data",
            ])
            .env_clear()
            .env("LOG_LEVEL", "TRACE")
            .envs(SECRETS)
            .envs(settings.iter().copied())
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let mut after = |wanted: &str| loop {
            let mut line = String::new();
            assert!(
                said.read_line(&mut line).unwrap() > 0,
                "it ended before it said “{wanted}”"
            );
            if let Some((_, rest)) = line.trim().split_once(wanted) {
                return rest.to_owned();
            }
        };
        let (base, store) = (after("ELAAOMS listens on "), after(") is "));
        let metrics = settings
            .iter()
            .any(|(name, _)| *name == "METRICS_PORT")
            .then(|| after("Metrics are on "));
        Self {
            child,
            said: Some(said),
            log,
            base,
            store,
            metrics,
            http: common::http_client::build().unwrap(),
        }
    }

    pub(crate) async fn hang_up(&self, body: &'static [u8]) -> StatusCode {
        let url = format!("{}/webhook/post-call", self.base);
        post_call(&self.http, &url, body.to_vec()).await.unwrap()
    }

    /// Asks it to stop, and does not wait.
    pub(crate) fn terminate(&self) {
        let asked = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(asked.success());
    }

    /// Its resident memory in bytes.
    pub(crate) fn memory(&self) -> u64 {
        let asked = Command::new("ps")
            .args(["-o", "rss=", "-p", &self.child.id().to_string()])
            .output()
            .unwrap();
        String::from_utf8(asked.stdout)
            .unwrap()
            .trim()
            .parse::<u64>()
            .unwrap()
            * 1024
    }

    /// The text of `/metrics`.
    pub(crate) async fn scrape(&self) -> String {
        self.http
            .get(self.metrics.as_ref().unwrap())
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
    }

    pub(crate) async fn ring(&self) -> Value {
        self.post(
            "/webhook/client-data",
            &json!({"caller_id": TOMAS, "agent_id": AGENT}).to_string(),
        )
        .await
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Value {
        let request = self
            .http
            .post(format!("{}{path}", self.base))
            .header("x-api-key", SECRETS[1].1);
        request
            .body(body.to_owned())
            .timeout(PATIENCE)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    /// Closes the other end of its standard output, as a program that started it and ended does.
    pub(crate) fn stop_listening(&mut self) {
        self.said = None;
    }

    /// Asks it to stop as an operator does, and gives what it wrote to standard output.
    pub(crate) fn ask_to_stop(&mut self) -> String {
        self.terminate();
        self.wait()
    }

    /// Waits until it ended well, and gives what it wrote to standard output.
    pub(crate) fn wait(&mut self) -> String {
        let mut said = String::new();
        if let Some(mut rest) = self.said.take() {
            rest.read_to_string(&mut said).unwrap();
        }
        assert!(self.child.wait().unwrap().success(), "{said}");
        self.assert_discreet();
        said
    }

    /// Ends it without a word, as a power cut does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.assert_discreet();
    }

    /// Whatever a test is about, the log at its loudest names nobody and no secret.
    fn assert_discreet(&self) {
        let log = std::fs::read_to_string(&self.log).unwrap();
        assert_eq!(private_in(&log), Vec::<&str>::new(), "in {log}");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Left behind by a test that failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The people and secrets of these tests that a text holds. A conversation's id may stand in a log.
pub(crate) fn private_in(text: &str) -> Vec<&'static str> {
    let words = [
        "Tomas",
        "Berglind",
        "1202555",
        "2025550123",
        "Hazel",
        "quince",
        "GF-4410",
        "after six",
        "Orchard",
        " number ",
        "key-of-the-model",
    ];
    let text = text.replace(CONVERSATION, "");
    words
        .into_iter()
        .chain(SECRETS.map(|(_, secret)| secret))
        .filter(|word| text.contains(word))
        .collect()
}

/// Posts a signed call; the error says that nobody answered.
pub(crate) async fn post_call(
    http: &reqwest::Client,
    url: &str,
    body: Vec<u8>,
) -> Result<StatusCode, reqwest::Error> {
    let request = http
        .post(url)
        .header(HEADER, signature_of(&body))
        .body(body);
    request
        .timeout(PATIENCE)
        .send()
        .await
        .map(|answer| answer.status())
}

/// What ElevenLabs would sign these bytes with now.
pub(crate) fn signature_of(body: &[u8]) -> String {
    sign(body, &SECRETS[0].1.into(), now())
}

pub(crate) async fn wait_for_the_end_of(folder: &TempDir) {
    let started = Instant::now();
    while !is_done(folder) {
        assert!(started.elapsed() < PATIENCE, "the call was not remembered");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub(crate) fn is_done(folder: &TempDir) -> bool {
    folder
        .path()
        .join(format!("data/extractions/{CONVERSATION}.done"))
        .exists()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a signature carries the time at which it is made"
)]
fn now() -> Timestamp {
    Timestamp::now()
}
