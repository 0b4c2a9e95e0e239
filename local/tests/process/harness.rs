//! Runs `elaaoms-local` as a process in a folder, and sends it requests.

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
/// Timeout of requests and extractions; a test that exceeds it fails.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(120);

/// A running `elaaoms-local` process.
pub(crate) struct Process {
    child: Child,
    stdout: Option<BufReader<ChildStdout>>,
    log: PathBuf,
    /// Base URL of the webhooks.
    pub(crate) base: String,
    /// URL of the memory store.
    pub(crate) store: String,
    /// URL of the metrics, if `METRICS_PORT` is set.
    pub(crate) metrics: Option<String>,
    /// URL that opens the console once, if the process serves it.
    pub(crate) console: Option<String>,
    pub(crate) http: reqwest::Client,
}

impl Process {
    /// Starts a process on free ports, with an environment of these settings only, and waits until
    /// it listens.
    pub(crate) fn start(folder: &TempDir, settings: &[(&str, &str)]) -> Self {
        Self::start_on(0, folder, settings)
    }

    /// Starts a process that serves the console too.
    pub(crate) fn start_with_console(folder: &TempDir, settings: &[(&str, &str)]) -> Self {
        Self::spawn(0, folder, settings, &["--console"])
    }

    /// Starts a process on this port.
    pub(crate) fn start_on(port: u16, folder: &TempDir, settings: &[(&str, &str)]) -> Self {
        Self::spawn(port, folder, settings, &[])
    }

    fn spawn(port: u16, folder: &TempDir, settings: &[(&str, &str)], options: &[&str]) -> Self {
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
            .args(options)
            .env_clear()
            .env("LOG_LEVEL", "TRACE")
            .envs(SECRETS)
            // A busy machine takes longer than a caller would wait.
            .envs(["CLIENT_DATA_DEADLINE_MS", "SEARCH_DEADLINE_MS"].map(|name| (name, "9000")))
            .envs(settings.iter().copied())
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let base = read_after(&mut stdout, "ELAAOMS listens on ");
        let store = read_after(&mut stdout, ") is at ");
        let metrics = settings
            .iter()
            .any(|(name, _)| *name == "METRICS_PORT")
            .then(|| read_after(&mut stdout, "Metrics are on "));
        let console = (!options.is_empty()).then(|| {
            read_after(&mut stdout, "This URL opens the console once:");
            read_after(&mut stdout, "")
        });
        Self {
            child,
            stdout: Some(stdout),
            log,
            base,
            store,
            metrics,
            console,
            http: common::http_client::build().unwrap(),
        }
    }

    /// Posts a signed post-call webhook.
    pub(crate) async fn post_call(&self, body: &'static [u8]) -> StatusCode {
        let url = format!("{}/webhook/post-call", self.base);
        post_call(&self.http, &url, body.to_vec()).await.unwrap()
    }

    /// Sends SIGTERM and does not wait.
    pub(crate) fn terminate(&self) {
        let status = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(status.success());
    }

    /// Returns the resident memory in bytes.
    pub(crate) fn memory(&self) -> u64 {
        let output = Command::new("ps")
            .args(["-o", "rss=", "-p", &self.child.id().to_string()])
            .output()
            .unwrap();
        String::from_utf8(output.stdout)
            .unwrap()
            .trim()
            .parse::<u64>()
            .unwrap()
            * 1024
    }

    /// Returns the text of `/metrics`.
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

    /// Sends a conversation initiation request and returns the response.
    pub(crate) async fn client_data(&self) -> Value {
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
            .timeout(TIMEOUT)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    /// Closes the reading end of the process's standard output, as if its parent had exited.
    pub(crate) fn close_stdout(&mut self) {
        self.stdout = None;
    }

    /// Sends SIGTERM and waits. Returns the rest of the standard output.
    pub(crate) fn ask_to_stop(&mut self) -> String {
        self.terminate();
        self.wait()
    }

    /// Waits until the process has exited successfully. Returns the rest of the standard output.
    pub(crate) fn wait(&mut self) -> String {
        let mut output = String::new();
        if let Some(mut stdout) = self.stdout.take() {
            stdout.read_to_string(&mut output).unwrap();
        }
        assert!(self.child.wait().unwrap().success(), "{output}");
        self.assert_log_is_clean();
        output
    }

    /// Kills the process without warning.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.assert_log_is_clean();
    }

    /// Checks that the log, at its most verbose level, contains no private data and no secret.
    fn assert_log_is_clean(&self) {
        let log = std::fs::read_to_string(&self.log).unwrap();
        assert_eq!(private_in(&log), Vec::<&str>::new(), "in {log}");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A failed test leaves the process running.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads lines until one contains `prefix`, and returns the rest of that line.
fn read_after(stdout: &mut BufReader<ChildStdout>, prefix: &str) -> String {
    loop {
        let mut line = String::new();
        assert!(
            stdout.read_line(&mut line).unwrap() > 0,
            "the process exited before it printed “{prefix}”"
        );
        if let Some((_, rest)) = line.trim().split_once(prefix) {
            return rest.to_owned();
        }
    }
}

/// Returns the private words and secrets of these tests that a text contains. The id of a
/// conversation may be logged.
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

/// Posts a signed call. The error means that there was no response.
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
        .timeout(TIMEOUT)
        .send()
        .await
        .map(|response| response.status())
}

/// Returns the signature header that ElevenLabs would send now.
pub(crate) fn signature_of(body: &[u8]) -> String {
    sign(body, &SECRETS[0].1.into(), now())
}

pub(crate) async fn wait_for_extraction(folder: &TempDir) {
    let started = Instant::now();
    while !is_done(folder) {
        assert!(started.elapsed() < TIMEOUT, "the call was not extracted");
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
    reason = "a signature contains the current time"
)]
fn now() -> Timestamp {
    Timestamp::now()
}
