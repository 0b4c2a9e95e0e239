//! Fills a database, then searches and stores.

use std::time::{Duration, Instant};

use crate::callers;
use crate::client::Client;
use crate::engine::Database;
use crate::server::Server;

const BATCH: usize = 100;
/// Requests of one kind: as many as fit into the time, between the two numbers.
const MIN_REQUESTS: usize = 50;
const MAX_REQUESTS: usize = 1_000;
const TIME: Duration = Duration::from_secs(20);
/// Stored memories that are deleted again before more are stored, so that the size stays as it is.
const ROUND: usize = 10;

/// How many memories a database has before the measurement.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) callers: usize,
    pub(crate) memories_per_caller: usize,
}

pub(crate) struct Latency {
    pub(crate) filled_in: Duration,
    pub(crate) search: Operation,
    pub(crate) store: Operation,
    pub(crate) resident_megabytes: u64,
}

/// Sorted times of one operation, and the CPU time of the program for one of them.
pub(crate) struct Operation {
    times: Vec<Duration>,
    pub(crate) cpu_milliseconds: f64,
}

/// Measures searches and stores in a new database of this size. Leaves the size as it is.
pub(crate) fn measure(database: &Database, size: Size) -> Latency {
    let server = Server::start(database);
    let client = server.client();
    let started = Instant::now();
    (0..size.callers).for_each(|caller| fill(&client, caller, size.memories_per_caller));
    Latency {
        filled_in: started.elapsed(),
        search: repeated(&server, |turn| {
            search(&client, size, turn);
            None
        }),
        store: repeated(&server, |turn| Some(store(&client, size, turn))),
        resident_megabytes: server.resident_megabytes(),
    }
}

pub(crate) fn search(client: &Client, size: Size, turn: usize) {
    let question = callers::question(size.caller(turn), turn);
    client.post("/api/v1/memories/search", &question);
}

/// Stores a memory and returns its id.
pub(crate) fn store(client: &Client, size: Size, turn: usize) -> String {
    let memory = callers::memory(size.caller(turn), 20_000 + turn);
    let stored = client.post("/api/v1/memories", &memory);
    stored["memory_id"].as_str().unwrap().to_owned()
}

impl Size {
    pub(crate) const fn new(callers: usize, memories_per_caller: usize) -> Self {
        Self {
            callers,
            memories_per_caller,
        }
    }

    pub(crate) fn memories(self) -> usize {
        self.callers * self.memories_per_caller
    }

    fn caller(self, turn: usize) -> usize {
        turn * 7_919 % self.callers
    }
}

impl Operation {
    /// A percentile in milliseconds.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        let last = self.times.len() - 1;
        self.times[(self.times.len() * percent / 100).min(last)].as_secs_f64() * 1e3
    }
}

/// Stores the memories of a caller.
fn fill(client: &Client, caller: usize, memories: usize) {
    for first in (0..memories).step_by(BATCH) {
        let batch = callers::batch(caller, first, BATCH);
        client.post("/api/v1/memories/batch", &batch);
    }
}

/// Repeats a request. Deletes the memories whose ids it returns after each round.
fn repeated(server: &Server, request: impl Fn(usize) -> Option<String>) -> Operation {
    let client = server.client();
    let mut times = Vec::new();
    let mut cpu = 0.0;
    let started = Instant::now();
    while times.len() < MAX_REQUESTS && (times.len() < MIN_REQUESTS || started.elapsed() < TIME) {
        let before = server.cpu_milliseconds();
        let mut stored = Vec::new();
        for turn in times.len()..times.len() + ROUND {
            let began = Instant::now();
            stored.extend(request(turn));
            times.push(began.elapsed());
        }
        cpu += server.cpu_milliseconds() - before;
        for id in stored {
            client.delete(&format!("/api/v1/memories/{id}"));
        }
    }
    times.sort();
    Operation {
        cpu_milliseconds: cpu / times.len() as f64,
        times,
    }
}
