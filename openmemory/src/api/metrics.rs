//! `GET /metrics`, for Prometheus.

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

use super::{ApiError, AppState};

/// Returns request counts by route, database connections, the number of memories, and the uptime.
pub(super) async fn metrics(State(state): State<AppState>) -> Result<impl IntoResponse, ApiError> {
    let stored = state.memories.metrics(state.memories.now()).await?;
    let text = state.metrics.text(stored, state.started.elapsed());
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text))
}
