//! Benchmarks the traffic of a small operator's day, as fast as the machine allows: 5,000 calls,
//! each with a greeting, a search and a post-call webhook. Runs `elaaoms-local` as a separate
//! process, and prints response times and resource usage.
//!
//! `cargo build --release -p elaaoms-local && cargo run --release -p elaaoms-local --example day --
//! target/release/elaaoms-local`
//!
//! The second argument is the number of calls. The third is how many seconds a fake model takes for
//! each call; without it, no model is used.

#![expect(clippy::print_stdout, reason = "the benchmark prints its results")]

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::{Json, Router};
use common::elevenlabs::signature::{HEADER, sign};
use jiff::Timestamp;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Number of calls on a small operator's day.
const CALLS: usize = 5000;
const CALLERS: usize = 1000;
/// Number of calls in progress at the same time.
const CONCURRENT_CALLS: usize = 16;
const SIGNING_SECRET: &str = "wsec_of-the-benchmark";
const KEY: &str = "key-of-the-benchmark";
const STEPS: [&str; 3] = ["client-data", "search-memory", "post-call"];

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let program = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "target/release/elaaoms-local".to_owned());
    let calls = std::env::args()
        .nth(2)
        .map_or(Ok(CALLS), |calls| calls.parse())?;
    let model = match std::env::args().nth(3) {
        Some(seconds) => Some(start_model(Duration::from_secs_f64(seconds.parse()?)).await?),
        None => None,
    };
    let folder = tempfile::tempdir()?;
    let (mut child, base, _output) = start(&program, folder.path(), model)?;
    println!("idle: {} MB resident", resident(&child, "VmRSS")?);
    let started = Instant::now();
    let times = call_all(&base, calls).await?;
    let answered = started.elapsed();
    wait_until_done(folder.path(), calls).await?;
    let done = started.elapsed();
    let requests = calls * STEPS.len();
    println!(
        "{requests} requests in {:.1} s, {:.0} per second; all {calls} calls extracted after {:.1} s",
        answered.as_secs_f64(),
        requests as f64 / answered.as_secs_f64(),
        done.as_secs_f64()
    );
    for (step, mut times) in STEPS.iter().zip(times) {
        times.sort();
        println!(
            "{step}: p50 {:.1} ms, p99 {:.1} ms",
            percentile(&times, 50),
            percentile(&times, 99)
        );
    }
    println!(
        "peak: {} MB resident; disk: {} MB",
        resident(&child, "VmHWM")?,
        size(folder.path())? / 1_000_000
    );
    child.kill()?;
    child.wait()?;
    Ok(())
}

/// Starts the process. Returns it with its base URL and its output, which must stay open while the
/// process runs.
fn start(
    program: &str,
    folder: &Path,
    model: Option<String>,
) -> Outcome<(Child, String, BufReader<ChildStdout>)> {
    let program = PathBuf::from(program).canonicalize()?;
    let mut child = Command::new(program)
        .args([
            "--port",
            "0",
            "--openmemory-port",
            "0",
            "--data-dir",
            "data",
        ])
        .env_clear()
        .envs([
            ("ELEVENLABS_POST_CALL_HMAC_KEY", SIGNING_SECRET),
            ("WEBHOOK_API_KEY", KEY),
            ("CALLER_ID_PEPPER", "pepper"),
        ])
        .envs([("METRICS_PORT", "0"), ("LOG_LEVEL", "WARNING")])
        .envs(model.iter().flat_map(|url| {
            [
                ("LLM_PROVIDER", "openai"),
                ("LLM_MODEL", "fake"),
                ("LLM_API_KEY", "none"),
                ("LLM_API_URL", url.as_str()),
            ]
        }))
        .current_dir(folder)
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    let mut output = BufReader::new(child.stdout.take().ok_or("no output")?);
    output.read_line(&mut line)?;
    let base = line
        .trim()
        .strip_prefix("ELAAOMS listens on ")
        .ok_or("the process did not start")?
        .to_owned();
    Ok((child, base, output))
}

/// Starts a fake model that returns the same memory for each call after a delay. Returns its URL.
async fn start_model(delay: Duration) -> Outcome<String> {
    let memory = json!({"content": "The caller ordered a bicycle.", "category": "preference", "importance": 7, "entities": [],
        "search_hints": [], "turn": 1, "quote": "We talked about the bicycle and its delivery.", "sensitive": false,
        "repeats": null, "supersedes": null});
    let output = json!({"memories": [memory], "greeting": "Welcome back!", "summary": "A bicycle was ordered.",
        "open_issues": [], "caller_name": null, "language": "en"});
    let body = json!({"choices": [{"message": {"content": output.to_string()}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 900, "completion_tokens": 150}});
    let routes = Router::new().fallback(move |_: String| async move {
        tokio::time::sleep(delay).await;
        Json(body)
    });
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, routes).await });
    Ok(url)
}

/// Makes all calls. Returns the duration of each step of each call.
async fn call_all(base: &str, count: usize) -> Outcome<[Vec<Duration>; 3]> {
    let http = common::http_client::build()?;
    let permits = Arc::new(Semaphore::new(CONCURRENT_CALLS));
    let mut calls = JoinSet::new();
    for number in 0..count {
        let http = http.clone();
        let base = base.to_owned();
        let permits = Arc::clone(&permits);
        calls.spawn(async move {
            let _permit = permits.acquire_owned().await?;
            call(&http, &base, number).await
        });
    }
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    while let Some(call) = calls.join_next().await {
        for (all, duration) in times.iter_mut().zip(call??) {
            all.push(duration);
        }
    }
    Ok(times)
}

async fn call(http: &reqwest::Client, base: &str, number: usize) -> Outcome<[Duration; 3]> {
    let caller = format!("+1202555{:04}", number % CALLERS);
    let initiation = json!({"caller_id": caller, "agent_id": "agent_day"});
    let search =
        json!({"caller_id": caller, "agent_id": "agent_day", "query": "which bicycle was ordered"});
    Ok([
        post(http, base, STEPS[0], initiation.to_string()).await?,
        post(http, base, STEPS[1], search.to_string()).await?,
        post(http, base, STEPS[2], post_call_body(number, &caller)).await?,
    ])
}

async fn post(http: &reqwest::Client, base: &str, step: &str, body: String) -> Outcome<Duration> {
    let signature = sign(body.as_bytes(), &SIGNING_SECRET.into(), now());
    let request = http
        .post(format!("{base}/webhook/{step}"))
        .header("x-api-key", KEY)
        .header(HEADER, signature);
    let started = Instant::now();
    request.body(body).send().await?.error_for_status()?;
    Ok(started.elapsed())
}

/// Returns the webhook of a call with ten turns. It has about 5 KB, like real ones.
fn post_call_body(number: usize, caller: &str) -> String {
    let turn = |index: usize| {
        let role = if index.is_multiple_of(2) {
            "agent"
        } else {
            "user"
        };
        let message = format!(
            "Turn {index} of call {number}. {}",
            "We talked about the bicycle and its delivery. ".repeat(6)
        );
        json!({"role": role, "message": message, "time_in_call_secs": index * 5, "tool_calls": [], "tool_results": []})
    };
    let transcript: Vec<_> = (0..10).map(turn).collect();
    json!({"type": "post_call_transcription", "event_timestamp": 1_767_261_633, "data": {
        "agent_id": "agent_day", "conversation_id": format!("conv_day_{number}"), "status": "done",
        "transcript": transcript,
        "metadata": {"start_time_unix_secs": 1_767_261_000 + number,
                     "phone_call": {"direction": "inbound", "external_number": caller}},
        "analysis": {
            "transcript_summary": format!("The caller ordered bicycle number {number}. It is to be delivered on day {}.", number % 28),
            "data_collection_results": {"order_number": {"value": format!("BX-{number}")}}}}})
    .to_string()
}

async fn wait_until_done(folder: &Path, calls: usize) -> Outcome<()> {
    let is_done = |name: &std::ffi::OsStr| name.to_string_lossy().ends_with(".done");
    loop {
        let files = std::fs::read_dir(folder.join("data/extractions"))?;
        if files
            .filter(|file| file.as_ref().is_ok_and(|file| is_done(&file.file_name())))
            .count()
            >= calls
        {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Returns a value of the process's status in MB.
fn resident(child: &Child, name: &str) -> Outcome<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .ok_or("no such line")?;
    let kilobytes: u64 = line
        .trim_matches([':', '\t', ' ', 'k', 'B'])
        .trim()
        .parse()?;
    Ok(kilobytes / 1000)
}

/// Returns the size of a folder in bytes.
fn size(folder: &Path) -> Outcome<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        bytes += if entry.file_type()?.is_dir() {
            size(&entry.path())?
        } else {
            entry.metadata()?.len()
        };
    }
    Ok(bytes)
}

/// Returns a percentile in milliseconds.
fn percentile(sorted: &[Duration], percent: usize) -> f64 {
    sorted
        .get(sorted.len() * percent / 100)
        .map_or(0.0, |duration| duration.as_secs_f64() * 1000.0)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a signature contains the current time"
)]
fn now() -> Timestamp {
    Timestamp::now()
}
