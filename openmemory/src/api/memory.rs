//! `DELETE /api/v1/memories/{memory_id}`.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;

use super::Failure;
use super::clock::now;
use super::segments::Segments;
use super::views::no_such_memory;
use crate::memory::MemoryId;
use crate::start::AppState;

/// The answer to a deletion.
#[derive(Serialize)]
pub(super) struct Deleted {
    status: &'static str,
    memory_id: String,
    deleted_at: Timestamp,
}

/// Deletes a memory, active or history.
pub(super) async fn delete(
    State(state): State<AppState>,
    Segments(memory_id): Segments<String>,
) -> Result<Json<Deleted>, Failure> {
    let Ok(id) = MemoryId::parse(&memory_id) else {
        return Err(Failure::NotFound {
            message: "Memory not found",
            details: json!({ "memory_id": memory_id }),
        });
    };
    if !state.memories.delete(&id).await? {
        return Err(no_such_memory(&id));
    }
    Ok(Json(Deleted {
        status: "success",
        memory_id,
        deleted_at: now(),
    }))
}
