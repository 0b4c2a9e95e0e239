//! Asking the service.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use openmemory::{Embeddings, Settings, open, router};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::{Caller, Question, padding};

/// What one question came to.
pub(crate) struct Asked {
    pub(crate) caller: String,
    pub(crate) language: String,
    pub(crate) query: String,
    pub(crate) is_answerable: bool,
    /// The place of the first right memory, from 0.
    pub(crate) place: Option<usize>,
    /// Whether anything had a relevance of 0.7 or more.
    pub(crate) claims: bool,
    is_empty: bool,
    took: Duration,
}

/// Stores all memories, and small talk until each caller has `at_least`, then asks all questions.
pub(crate) async fn run(callers: &[Caller], embeddings: Embeddings, at_least: usize) -> Vec<Asked> {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}", folder.path().join("recall.db").display());
    let settings = Settings::new(database, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).with_embeddings(embeddings);
    let state = open(&settings).await.unwrap();
    let service = router(state.clone());
    let mut asked = Vec::new();
    for caller in callers {
        for memory in &caller.memories {
            let at = format!("{}T12:00:00Z", memory.said_on);
            let body = json!({ "agent_id": "recall", "caller_id": caller.id, "content": memory.text,
                "importance": memory.importance, "metadata": { "timestamp": at } });
            let stored = post(&service, "/api/v1/memories", &body).await;
            assert_eq!(stored["action"], "stored", "{}: {}", caller.id, memory.text);
        }
        for batch in padding::batches(caller, at_least.saturating_sub(caller.memories.len())) {
            post(&service, "/api/v1/memories/batch", &batch).await;
        }
        for question in &caller.questions {
            asked.push(ask(&service, caller, question).await);
        }
    }
    state.close().await;
    asked
}

async fn ask(service: &Router, caller: &Caller, question: &Question) -> Asked {
    let body = json!({ "caller_id": caller.id, "query": question.query, "limit": 20, "min_relevance": 0 });
    let started = Instant::now();
    let found = post(service, "/api/v1/memories/search", &body).await;
    let took = started.elapsed();
    let found = found["memories"].as_array().unwrap();
    let right: Vec<&str> = question.right.iter().map(|number| caller.memories[number - 1].text.as_str()).collect();
    let is_right = |memory: &Value| right.iter().any(|right| memory["content"] == *right);
    let is_sure = |memory: &Value| memory["relevance_score"].as_f64().is_some_and(|relevance| relevance >= 0.7);
    Asked {
        caller: caller.id.clone(),
        language: caller.language.clone(),
        query: question.query.clone(),
        is_answerable: !right.is_empty(),
        place: found.iter().position(is_right),
        claims: found.iter().take(5).any(is_sure),
        is_empty: found.is_empty(),
        took,
    }
}

async fn post(service: &Router, path: &str, body: &Value) -> Value {
    let request = Request::post(path).body(Body::from(body.to_string())).unwrap();
    let response = service.clone().oneshot(request).await.unwrap();
    assert!(response.status().is_success(), "{path}: {}", response.status());
    serde_json::from_slice(&to_bytes(response.into_body(), usize::MAX).await.unwrap()).unwrap()
}

/// A row of the table, in Markdown.
pub(crate) fn row(name: &str, asked: &[&Asked]) -> String {
    let (answerable, other): (Vec<&Asked>, Vec<&Asked>) = asked.iter().partition(|one| one.is_answerable);
    let hit = |most: usize| share(&answerable, |one| one.place.is_some_and(|place| place < most));
    let reciprocal = |one: &&Asked| one.place.map_or(0.0, |place| 1.0 / (place + 1) as f64);
    let mean = answerable.iter().map(reciprocal).sum::<f64>() / answerable.len().max(1) as f64;
    let mut times: Vec<f64> = asked.iter().map(|one| one.took.as_secs_f64() * 1e3).collect();
    times.sort_by(f64::total_cmp);
    let empty = asked.iter().filter(|one| one.is_empty).count();
    let (p50, p95) = (times[times.len() / 2], times[times.len() * 95 / 100]);
    format!(
        "| {name} | {} | {:.2} | {:.2} | {:.2} | {:.2} | {mean:.2} | {empty} | {:.2} | {p50:.1} ms | {p95:.1} ms |",
        asked.len(),
        hit(1),
        hit(3),
        hit(5),
        hit(10),
        share(&other, |one| one.claims),
    )
}

fn share(asked: &[&Asked], holds: impl Fn(&Asked) -> bool) -> f64 {
    asked.iter().filter(|one| holds(one)).count() as f64 / asked.len().max(1) as f64
}
