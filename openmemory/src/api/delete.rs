//! `DELETE /api/v1/memories/{memory_id}`.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;

use super::ApiError;
use super::AppState;
use super::params::PathParams;
use super::responses::no_such_memory;
use crate::memory::MemoryId;

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
    let Ok(id) = MemoryId::parse(&memory_id) else {
        return Err(ApiError::NotFound {
            message: "Memory not found",
            details: json!({ "memory_id": memory_id }),
        });
    };
    if !state.memories.delete(&id).await? {
        return Err(no_such_memory(&id));
    }
    Ok(Json(DeleteResponse {
        status: "success",
        memory_id,
        deleted_at: state.memories.now(),
    }))
}
