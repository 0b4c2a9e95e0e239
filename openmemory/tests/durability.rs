//! Kills the process while clients store memories. Acknowledged memories must survive, and none may
//! be stored twice.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

#[cfg(feature = "dynamodb")]
#[path = "dynamodb/table.rs"]
mod table;

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How often the process is killed.
const KILLS: u32 = 8;
/// Number of clients that store memories.
const CLIENTS: usize = 4;

struct Server {
    process: Child,
    address: String,
    log: PathBuf,
}

impl Server {
    fn start(database: &str, log: &Path) -> Self {
        let mut program = Command::new(env!("CARGO_BIN_EXE_openmemory"));
        #[cfg(feature = "dynamodb")]
        program.env("DYNAMODB_KEY_PEPPER", table::PEPPER);
        let mut process = program
            .args([
                "--listen",
                "127.0.0.1:0",
                "--log-level",
                "TRACE",
                "--database",
            ])
            .arg(database)
            .stdout(Stdio::piped())
            .stderr(File::create(log).unwrap())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut said)
            .unwrap();
        let address = said.trim().rsplit('/').next().unwrap().to_owned();
        Self {
            process,
            address,
            log: log.to_owned(),
        }
    }

    /// Sends SIGKILL, so that the process cannot write anything more.
    fn kill(self) {
        drop(self);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let log = std::fs::read_to_string(&self.log).unwrap();
        assert!(
            std::thread::panicking() || private_in(&log).is_empty(),
            "{:?} in {log}",
            private_in(&log)
        );
    }
}

/// The callers and memory contents that a text contains.
fn private_in(text: &str) -> Vec<&'static str> {
    ["1202555", "Asked about", "order 0"]
        .into_iter()
        .filter(|word| text.contains(word))
        .collect()
}

#[test]
fn a_caller_in_the_log_is_detected() {
    assert_eq!(
        private_in(r#"{"message":"stored for +12025550101"}"#),
        ["1202555"]
    );
    assert!(private_in(r#"{"message":"openmemory listens"}"#).is_empty());
}

fn call(address: &str, method: &str, path: &str, body: &str) -> std::io::Result<Value> {
    let mut stream = TcpStream::connect(address)?;
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.0\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .ok_or_else(|| std::io::Error::other("cut off"))?;
    if !head
        .lines()
        .next()
        .is_some_and(|line| line.contains(" 200 "))
    {
        return Err(std::io::Error::other("refused"));
    }
    serde_json::from_str(body).map_err(std::io::Error::other)
}

/// Stores facts until `stop` is set, and records the acknowledged ones.
fn store(
    address: &str,
    client: usize,
    round: u32,
    stop: &AtomicBool,
    acknowledged: &Mutex<Vec<(String, String)>>,
) {
    for turn in 0.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let fact = format!("Asked about order {round}-{client}-{turn}");
        let body = json!({
            "agent_id": "support", "caller_id": format!("+1202555010{client}"), "content": fact, "idempotency_key": fact,
        });
        if let Ok(answer) = call(address, "POST", "/api/v1/memories", &body.to_string()) {
            acknowledged
                .lock()
                .unwrap()
                .push((answer["memory_id"].as_str().unwrap().to_owned(), fact));
        }
    }
}

/// Waits until more facts than before are acknowledged. An emulator of DynamoDB may take seconds.
fn wait_for_more_than(known: usize, acknowledged: &Mutex<Vec<(String, String)>>) {
    let started = Instant::now();
    while acknowledged.lock().unwrap().len() <= known {
        assert!(
            started.elapsed() < Duration::from_secs(120),
            "nothing is stored"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The URL of a new database: a DynamoDB table if the environment names an emulator, otherwise a
/// file in the folder.
fn database(folder: &Path) -> String {
    #[cfg(feature = "dynamodb")]
    if table::endpoint().is_some() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        return format!("dynamodb://{}", runtime.block_on(table::create()));
    }
    format!("sqlite://{}", folder.join("memories.db").display())
}

#[test]
fn acknowledged_memories_survive_a_kill_and_are_stored_once() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("server.log");
    let database = database(folder.path());
    let acknowledged = Arc::new(Mutex::new(Vec::new()));
    for round in 0..KILLS {
        let server = Server::start(&database, &log);
        let known = acknowledged.lock().unwrap().len();
        let stop = Arc::new(AtomicBool::new(false));
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let (stop, acknowledged) = (Arc::clone(&stop), Arc::clone(&acknowledged));
                let address = server.address.clone();
                std::thread::spawn(move || store(&address, client, round, &stop, &acknowledged))
            })
            .collect();
        wait_for_more_than(known, &acknowledged);
        std::thread::sleep(Duration::from_millis(u64::from(round) * 37));
        server.kill();
        stop.store(true, Ordering::Relaxed);
        clients
            .into_iter()
            .for_each(|client| client.join().unwrap());
    }
    let server = Server::start(&database, &log);
    let export = call(&server.address, "GET", "/api/v1/export", "").unwrap();
    let kept: Vec<(&str, &str)> = export["memories"]
        .as_array()
        .unwrap()
        .iter()
        .map(|memory| {
            (
                memory["memory_id"].as_str().unwrap(),
                memory["content"].as_str().unwrap(),
            )
        })
        .collect();
    let acknowledged = acknowledged.lock().unwrap();
    let ids: HashSet<&str> = kept.iter().map(|(id, _)| *id).collect();
    let facts: HashSet<&str> = kept.iter().map(|(_, fact)| *fact).collect();
    for (id, fact) in acknowledged.iter() {
        assert!(
            ids.contains(id.as_str()) && facts.contains(fact.as_str()),
            "{fact} was acknowledged but is missing"
        );
    }
    assert_eq!(facts.len(), kept.len(), "a fact was stored twice");
    // In each round, each client may have one stored but unacknowledged fact.
    assert!(kept.len() <= acknowledged.len() + KILLS as usize * CLIENTS);
    server.kill();
}
