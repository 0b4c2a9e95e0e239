//! `POST /api/v1/memories` and `POST /api/v1/memories/batch`.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::Serialize;
use serde_json::{Value, json};

use super::ApiError;
use super::AppState;
use super::body::JsonObject;
use super::drafts::{draft, header_key};
use super::fields::Fields;
use super::responses::{ItemView, no_such_memory};
use crate::limits::MAX_BATCH;
use crate::memory::{Draft, Fingerprint, Outcome};

/// The response to a batch.
#[derive(Serialize)]
pub(super) struct BatchResponse {
    status: &'static str,
    results: Vec<ItemView>,
}

/// Stores one memory.
pub(super) async fn single(
    State(state): State<AppState>,
    headers: HeaderMap,
    JsonObject(body): JsonObject,
) -> Result<Json<ItemView>, ApiError> {
    let key = header_key(&headers, -1)?.map(|key| (key, Fingerprint::from_body(&body)));
    let draft = draft(&body, "", key)?;
    let plan = state
        .memories
        .store(vec![draft], state.memories.now())
        .await?;
    match plan.outcomes.first() {
        Some(Outcome::Accepted(receipt)) => Ok(Json(ItemView::accepted(receipt, &plan.contents))),
        Some(Outcome::NoSuchMemory(id)) => Err(no_such_memory(id)),
        Some(Outcome::KeyReused) => Err(ApiError::KeyReused),
        None => Err(ApiError::field("body", "contains no memory")),
    }
}

/// Stores up to a hundred memories in one transaction. Invalid references and reused keys are
/// reported for each memory; if storage fails, nothing is stored.
pub(super) async fn batch(
    State(state): State<AppState>,
    headers: HeaderMap,
    JsonObject(body): JsonObject,
) -> Result<Json<BatchResponse>, ApiError> {
    let fields = Fields::new(&body, "");
    let items = fields
        .list("memories")?
        .ok_or_else(|| fields.missing("memories"))?;
    if items.is_empty() || items.len() > MAX_BATCH {
        return Err(fields.invalid("memories", "must contain 1 to 100 memories"));
    }
    let batch = headers
        .contains_key("idempotency-key")
        .then(|| Fingerprint::from_body(&body));
    let drafts = items
        .iter()
        .zip(0..)
        .map(|(item, position)| item_draft(item, position, &headers, batch.as_ref()))
        .collect::<Result<_, _>>()?;
    let plan = state.memories.store(drafts, state.memories.now()).await?;
    if batch.is_some()
        && plan
            .outcomes
            .iter()
            .all(|outcome| *outcome == Outcome::KeyReused)
    {
        return Err(ApiError::KeyReused);
    }
    let results = plan
        .outcomes
        .iter()
        .map(|outcome| ItemView::new(outcome, &plan.contents))
        .collect();
    Ok(Json(BatchResponse {
        status: "success",
        results,
    }))
}

/// Reads one memory of a batch. A key in the header becomes one key for each position, so that
/// repeating the batch repeats each memory.
fn item_draft(
    item: &Value,
    at: i64,
    headers: &HeaderMap,
    batch: Option<&Fingerprint>,
) -> Result<Draft, ApiError> {
    let field = format!("memories[{at}]");
    let Some(item) = item.as_object() else {
        return Err(ApiError::Invalid {
            message: format!("{field} must be an object"),
            details: json!({ "field": field }),
        });
    };
    draft(
        item,
        &format!("{field}."),
        header_key(headers, at)?.zip(batch.cloned()),
    )
}
