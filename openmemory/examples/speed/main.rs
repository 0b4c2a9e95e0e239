//! How fast the real program is on a SQLite file, and how much memory it takes: 10,000 memories
//! over 100 callers, 100,000 over 1,000, and one caller with 10,000 of their own.
//!
//! `cargo build --profile measure -p openmemory && cargo run --profile measure -p openmemory
//! --example speed`

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on ends")]

mod client;
mod people;
mod server;

use std::time::{Duration, Instant};

use client::Client;
use server::Server;

/// Memories of an ordinary caller.
const EACH: usize = 100;
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
        (0..callers).for_each(|caller| fill(&client, caller, EACH));
        row(&server, callers * EACH, callers, SEARCHES, STORES);
    }
    let server = Server::start();
    fill(&server.client(), 0, 10_000);
    row(&server, 10_000, 1, 50, 50);
}

fn fill(client: &Client, caller: usize, memories: usize) {
    for first in (0..memories).step_by(EACH) {
        let items: Vec<_> = (first..first + EACH)
            .map(|at| people::memory(caller, at))
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
        client.post("/api/v1/memories/search", &people::question(caller, turn));
    });
    let between = server.cpu_milliseconds();
    let store = times(stores, |turn| {
        let caller = turn * 7_919 % callers;
        client.post("/api/v1/memories", &people::memory(caller, 20_000 + turn));
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
