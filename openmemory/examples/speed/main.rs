//! Measures latency and memory of the real program on a SQLite file: with 10,000 memories of 100
//! callers, 100,000 of 1,000, and 10,000 of a single caller.
//!
//! `cargo build --profile measure -p openmemory && cargo run --profile measure -p openmemory
//! --example speed`

#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

mod callers;
mod client;
mod server;

use std::time::{Duration, Instant};

use client::Client;
use server::Server;

/// Memories of each ordinary caller.
const MEMORIES_PER_CALLER: usize = 100;
const SEARCHES: usize = 1_000;
const STORES: usize = 500;

fn main() {
    println!(
        "| memories | callers | search p50 | search p95 | store p50 | store p95 | CPU a search | CPU a store | resident |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for callers in [100, 1_000] {
        let server = Server::start();
        let client = server.client();
        (0..callers).for_each(|caller| fill(&client, caller, MEMORIES_PER_CALLER));
        row(
            &server,
            callers * MEMORIES_PER_CALLER,
            callers,
            SEARCHES,
            STORES,
        );
    }
    let server = Server::start();
    fill(&server.client(), 0, 10_000);
    row(&server, 10_000, 1, 50, 50);
}

fn fill(client: &Client, caller: usize, memories: usize) {
    for first in (0..memories).step_by(MEMORIES_PER_CALLER) {
        let items: Vec<_> = (first..first + MEMORIES_PER_CALLER)
            .map(|at| callers::memory(caller, at))
            .collect();
        client.post(
            "/api/v1/memories/batch",
            &serde_json::json!({ "memories": items }),
        );
    }
}

fn row(server: &Server, memories: usize, callers: usize, searches: usize, stores: usize) {
    let client = server.client();
    let before = server.cpu_milliseconds();
    let search = times(searches, |turn| {
        let caller = turn * 7_919 % callers;
        client.post("/api/v1/memories/search", &callers::question(caller, turn));
    });
    let between = server.cpu_milliseconds();
    let store = times(stores, |turn| {
        let caller = turn * 7_919 % callers;
        client.post("/api/v1/memories", &callers::memory(caller, 20_000 + turn));
    });
    let [(s50, s95), (w50, w95)] = [search, store].map(|times| (at(&times, 50), at(&times, 95)));
    let cpu_search = (between - before) / searches as f64;
    let cpu_store = (server.cpu_milliseconds() - between) / stores as f64;
    println!(
        "| {memories} | {callers} | {s50:.1} ms | {s95:.1} ms | {w50:.1} ms | {w95:.1} ms | {cpu_search:.1} ms | {cpu_store:.1} ms | {} MB |",
        server.resident_megabytes()
    );
}

fn times(count: usize, mut act: impl FnMut(usize)) -> Vec<Duration> {
    let mut times: Vec<Duration> = (0..count)
        .map(|turn| {
            let started = Instant::now();
            act(turn);
            started.elapsed()
        })
        .collect();
    times.sort();
    times
}

fn at(times: &[Duration], percent: usize) -> f64 {
    times[(times.len() * percent / 100).min(times.len() - 1)].as_secs_f64() * 1e3
}
