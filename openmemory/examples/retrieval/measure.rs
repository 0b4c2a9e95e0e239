//! Asking the service.

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

/// What one question came to.
pub(crate) struct Asked {
    pub(crate) kind: Kind,
    pub(crate) is_english: bool,
    /// The place of the right answer, from 0.
    pub(crate) place: Option<usize>,
    /// Whether the right answer had a relevance of 0.7 or more.
    pub(crate) is_sure: bool,
    /// Whether anything at all had a relevance of 0.7 or more.
    pub(crate) claims: bool,
    pub(crate) took: Duration,
}

/// Stores all memories, then asks all questions.
pub(crate) async fn run(callers: &[Caller], embeddings: Embeddings) -> Vec<Asked> {
    let (state, service, _folder) = opened(embeddings).await;
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

/// A service on a fresh file.
pub(crate) async fn opened(embeddings: Embeddings) -> (AppState, Router, TempDir) {
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
) -> Asked {
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
    let place =
        answer.and_then(|answer| found.iter().position(|memory| memory["content"] == answer));
    Asked {
        kind,
        is_english: caller.language == "en",
        place,
        is_sure: place.is_some_and(|place| sure(&found[place])),
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
