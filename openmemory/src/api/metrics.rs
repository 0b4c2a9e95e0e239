//! `GET /metrics`, for Prometheus.

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

use super::ApiError;
use super::AppState;
use crate::service::now;

/// Returns request counts by route, database connections, the number of memories, and the uptime.
pub(super) async fn metrics(State(state): State<AppState>) -> Result<impl IntoResponse, ApiError> {
    let stored = state.memories.metrics(now()).await?;
    let mut text = state.metrics.text();
    text.push_str(&format!(
        "# TYPE openmemory_memories gauge\nopenmemory_memories {}\n\
         # TYPE openmemory_database_connections gauge\n\
         openmemory_database_connections{{state=\"open\"}} {}\nopenmemory_database_connections{{state=\"idle\"}} {}\n\
         # TYPE openmemory_uptime_seconds gauge\nopenmemory_uptime_seconds {}\n",
        stored.memories,
        stored.connections,
        stored.idle_connections,
        state.started.elapsed().as_secs(),
    ));
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text))
}
