//! Asks the service.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use openmemory::{AppState, Embeddings, Settings, open, router};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

use crate::set::{Caller, Kind};

/// The result of one question.
pub(crate) struct QuestionResult {
    pub(crate) kind: Kind,
    pub(crate) is_english: bool,
    /// Rank of the right answer, from 0.
    pub(crate) rank: Option<usize>,
    /// Whether the right answer had a relevance of at least 0.7.
    pub(crate) is_sure: bool,
    /// Whether any memory had a relevance of at least 0.7.
    pub(crate) claims: bool,
    pub(crate) took: Duration,
}

/// Stores all memories, then asks all questions.
pub(crate) async fn run(callers: &[Caller], embeddings: Embeddings) -> Vec<QuestionResult> {
    let (state, service, _folder) = start_service(embeddings).await;
    for caller in callers {
        store(&service, caller).await;
    }
    let mut asked = Vec::new();
    for caller in callers {
        for question in &caller.questions {
            let answer = question.answer.map(|at| caller.memories[at].as_str());
            asked.push(ask(&service, caller, question.kind, &question.text, answer).await);
        }
    }
    state.close().await;
    asked
}

/// Starts a service on a fresh database file.
pub(crate) async fn start_service(embeddings: Embeddings) -> (AppState, Router, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}", folder.path().join("benchmark.db").display());
    let settings = Settings::new(database, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
        .with_embeddings(embeddings);
    let state = open(&settings).await.unwrap();
    (state.clone(), router(state), folder)
}

async fn store(service: &Router, caller: &Caller) {
    for content in &caller.memories {
        let memory =
            json!({ "agent_id": "benchmark", "caller_id": caller.name, "content": content });
        let answer = post(service, "/api/v1/memories", &memory).await;
        assert_eq!(answer["action"], "stored", "{content}");
    }
}

async fn ask(
    service: &Router,
    caller: &Caller,
    kind: Kind,
    text: &str,
    answer: Option<&str>,
) -> QuestionResult {
    let body = json!({ "caller_id": caller.name, "query": text, "limit": 100 });
    let started = Instant::now();
    let found = post(service, "/api/v1/memories/search", &body).await;
    let took = started.elapsed();
    let found = found["memories"].as_array().unwrap();
    let sure = |memory: &Value| {
        memory["relevance_score"]
            .as_f64()
            .is_some_and(|relevance| relevance >= 0.7)
    };
    let rank =
        answer.and_then(|answer| found.iter().position(|memory| memory["content"] == answer));
    QuestionResult {
        kind,
        is_english: caller.language == "en",
        rank,
        is_sure: rank.is_some_and(|rank| sure(&found[rank])),
        claims: found.first().is_some_and(sure),
        took,
    }
}

pub(crate) async fn post(service: &Router, path: &str, body: &Value) -> Value {
    let request = Request::post(path)
        .body(Body::from(body.to_string()))
        .unwrap();
    let response = service.clone().oneshot(request).await.unwrap();
    assert!(
        response.status().is_success(),
        "{path}: {}",
        response.status()
    );
    serde_json::from_slice(&to_bytes(response.into_body(), usize::MAX).await.unwrap()).unwrap()
}
