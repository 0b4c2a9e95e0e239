//! `PATCH /api/v1/memories/{memory_id}`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::{Map, Value};
use text::without_controls;

use super::ApiError;
use super::AppState;
use super::body::JsonObject;
use super::callers::callers_of_path;
use super::drafts::{check_labels, importance, time};
use super::fields::Fields;
use super::params::{PathParams, QueryParams};
use super::responses::{MemoryView, no_such_memory, parse_memory_id};
use crate::memory::{CallerId, Edit, clean};
use crate::ranking::SearchHit;

/// The response to an edit.
#[derive(Serialize)]
pub(super) struct EditResponse {
    status: &'static str,
    memory: MemoryView,
}

/// Changes importance and metadata of a memory, active or superseded. The content stays: a
/// correction of it is a new memory that supersedes this one. With `caller_id`, the response names
/// that id if the memory belongs to the person.
pub(super) async fn edit(
    State(state): State<AppState>,
    PathParams(memory_id): PathParams<String>,
    query: QueryParams,
    JsonObject(body): JsonObject,
) -> Result<Json<EditResponse>, ApiError> {
    let id = parse_memory_id(&memory_id)?;
    let edit = read(&body)?;
    let now = state.memories.now();
    let edited = match query.get("caller_id") {
        Some(caller) => {
            let callers = callers_of_path(caller, &query, CallerId::parse)?;
            state.memories.edit_for(&callers, &id, &edit, now).await?
        }
        None => state.memories.edit(&id, &edit, now).await?,
    };
    let edited = edited.ok_or_else(|| no_such_memory(&id))?;
    Ok(Json(EditResponse {
        status: "success",
        memory: MemoryView::from(SearchHit::without_query(edited)),
    }))
}

fn read(body: &Map<String, Value>) -> Result<Edit, ApiError> {
    let fields = Fields::new(body, "");
    if fields.get("content").is_some() {
        let reason = "cannot be edited: store a memory that supersedes this one";
        return Err(fields.invalid("content", reason));
    }
    let mut metadata = fields.object("metadata")?.map(clean).unwrap_or_default();
    if let Some(category) = fields.text("category")? {
        metadata.insert("category".to_owned(), without_controls(category).into());
    }
    let metadata_fields = Fields::new(&metadata, "metadata.");
    check_labels(metadata_fields)?;
    let importance = importance(fields, metadata_fields)?;
    let happened_at = time(metadata_fields, "timestamp")?;
    if importance.is_none() && metadata.is_empty() {
        return Err(fields.invalid("body", "must contain importance, category or metadata"));
    }
    Ok(Edit {
        importance,
        metadata,
        happened_at,
    })
}
