//! `DELETE /api/v1/callers/{caller_id}`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::Failure;
use super::segments::Segments;
use crate::memory::CallerId;
use crate::start::AppState;

/// What was removed.
#[derive(Serialize)]
pub(super) struct ForgottenAnswer {
    status: &'static str,
    caller_id: String,
    memories_deleted: u64,
    profiles_deleted: u64,
}

/// Removes all that is kept of a caller; forgetting someone unknown removes nothing and succeeds.
pub(super) async fn forget(
    State(state): State<AppState>,
    Segments(caller_id): Segments<String>,
) -> Result<Json<ForgottenAnswer>, Failure> {
    let caller = CallerId::parse(&caller_id).map_err(|error| Failure::field("caller_id", error))?;
    let forgotten = state.memories.forget(&caller).await?;
    tracing::info!(memories = forgotten.memories, profiles = forgotten.profiles, "a caller was forgotten");
    Ok(Json(ForgottenAnswer {
        status: "success",
        caller_id,
        memories_deleted: forgotten.memories,
        profiles_deleted: forgotten.profiles,
    }))
}
