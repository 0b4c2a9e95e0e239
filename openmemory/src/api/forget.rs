//! `DELETE /api/v1/callers/{caller_id}`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::ApiError;
use super::AppState;
use super::callers::callers_of_path;
use super::params::{PathParams, QueryParams};
use crate::memory::CallerId;

/// How much was deleted.
#[derive(Serialize)]
pub(super) struct ForgetResponse {
    status: &'static str,
    caller_id: String,
    memories_deleted: u64,
    profiles_deleted: u64,
}

/// Deletes everything stored about a caller. Succeeds for unknown callers too.
pub(super) async fn forget(
    State(state): State<AppState>,
    PathParams(caller_id): PathParams<String>,
    query: QueryParams,
) -> Result<Json<ForgetResponse>, ApiError> {
    let callers = callers_of_path(&caller_id, &query, CallerId::parse)?;
    let forgotten = state.memories.forget(&callers).await?;
    tracing::info!(
        memories = forgotten.memories,
        profiles = forgotten.profiles,
        "caller forgotten"
    );
    Ok(Json(ForgetResponse {
        status: "success",
        caller_id,
        memories_deleted: forgotten.memories,
        profiles_deleted: forgotten.profiles,
    }))
}
