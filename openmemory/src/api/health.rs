//! `GET /health`: open to everybody, and really asks the database.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use crate::start::AppState;

/// What this service can do beyond the documented contract.
const EXTENSIONS: [&str; 8] =
    ["idempotency-key", "forget-caller", "list-caller", "supersede", "caller-aliases", "expiry", "distinct", "history"];

/// How the service is.
#[derive(Serialize)]
pub(super) struct Health {
    status: &'static str,
    version: &'static str,
    database: &'static str,
    uptime_seconds: u64,
    extensions: [&'static str; 8],
}

/// 200 when the database answers, 503 when it does not.
pub(super) async fn health(State(state): State<AppState>) -> (StatusCode, Json<Health>) {
    let answer = state.memories.ping().await;
    if let Err(error) = &answer {
        tracing::warn!(%error, "the database does not answer");
    }
    let (code, status, database) = match answer {
        Ok(()) => (StatusCode::OK, "healthy", "connected"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "unhealthy", "disconnected"),
    };
    let health = Health {
        status,
        version: env!("CARGO_PKG_VERSION"),
        database,
        uptime_seconds: state.started.elapsed().as_secs(),
        extensions: EXTENSIONS,
    };
    (code, Json(health))
}
