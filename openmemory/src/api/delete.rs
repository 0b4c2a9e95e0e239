//! `DELETE /api/v1/memories/{memory_id}`.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;

use super::ApiError;
use super::AppState;
use super::params::PathParams;
use super::responses::{no_such_memory, parse_memory_id};

/// The response to a deletion.
#[derive(Serialize)]
pub(super) struct DeleteResponse {
    status: &'static str,
    memory_id: String,
    deleted_at: Timestamp,
}

/// Deletes a memory, active or superseded.
pub(super) async fn delete(
    State(state): State<AppState>,
    PathParams(memory_id): PathParams<String>,
) -> Result<Json<DeleteResponse>, ApiError> {
    let id = parse_memory_id(&memory_id)?;
    if !state.memories.delete(&id).await? {
        return Err(no_such_memory(&id));
    }
    Ok(Json(DeleteResponse {
        status: "success",
        memory_id,
        deleted_at: state.memories.now(),
    }))
}
