//! `GET /health`: checks the database. Needs no API key.

use std::time::Instant;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use super::AppState;

/// The features of this service beyond the documented contract.
const EXTENSIONS: [&str; 12] = [
    "idempotency-key",
    "forget-caller",
    "list-caller",
    "supersede",
    "caller-aliases",
    "expiry",
    "distinct",
    "history",
    "edit-memory",
    "list-callers",
    "explain",
    "link-callers",
];

/// The health of the service.
#[derive(Serialize)]
pub(super) struct HealthResponse {
    status: &'static str,
    version: &'static str,
    database: &'static str,
    /// The state of the embedding model, if one is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    embeddings: Option<&'static str>,
    uptime_seconds: u64,
    extensions: [&'static str; 12],
}

async fn ping(state: &AppState) -> bool {
    let result = state.memories.ping().await;
    if let Err(error) = &result {
        tracing::warn!(%error, "database check failed");
    }
    result.is_ok()
}

fn embeddings(is_failing: bool) -> &'static str {
    if is_failing { "failing" } else { "connected" }
}

/// Returns 200 if the database responds, otherwise 503.
pub(super) async fn health(State(state): State<AppState>) -> (StatusCode, Json<HealthResponse>) {
    let (code, status, database) = if state
        .database
        .is_connected(Instant::now(), || ping(&state))
        .await
    {
        (StatusCode::OK, "healthy", "connected")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "unhealthy", "disconnected")
    };
    let health = HealthResponse {
        status,
        version: env!("CARGO_PKG_VERSION"),
        database,
        embeddings: state.memories.is_embedding_failing().map(embeddings),
        uptime_seconds: state.started.elapsed().as_secs(),
        extensions: EXTENSIONS,
    };
    (code, Json(health))
}
