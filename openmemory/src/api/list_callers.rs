//! `GET /api/v1/callers`.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;

use super::ApiError;
use super::AppState;
use super::list::number;
use super::params::QueryParams;
use crate::limits::{DEFAULT_LIST_LIMIT, MAX_ID_CHARS, MAX_LIST_LIMIT};
use crate::memory::{CallerQuery, CallerSummary};

/// One page of callers.
#[derive(Serialize)]
pub(super) struct CallersResponse {
    status: &'static str,
    callers: Vec<CallerView>,
    limit: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A caller in a list.
#[derive(Serialize)]
struct CallerView {
    caller_id: String,
    memories: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen: Option<Timestamp>,
    names: Vec<String>,
    channels: Vec<String>,
}

/// Lists the callers that have active memories or profiles.
pub(super) async fn list_callers(
    State(state): State<AppState>,
    params: QueryParams,
) -> Result<Json<CallersResponse>, ApiError> {
    let query = CallerQuery {
        after: text(&params, "after")?.map(str::to_owned),
        text: text(&params, "q")?.unwrap_or_default().trim().to_owned(),
        limit: number(&params, "limit", 1, MAX_LIST_LIMIT)?.unwrap_or(DEFAULT_LIST_LIMIT),
    };
    let page = state.memories.callers(&query, state.memories.now()).await?;
    Ok(Json(CallersResponse {
        status: "success",
        callers: page.callers.into_iter().map(CallerView::from).collect(),
        limit: query.limit,
        next: page.next,
    }))
}

fn text<'a>(params: &'a QueryParams, name: &str) -> Result<Option<&'a str>, ApiError> {
    let text = params.get(name).filter(|text| !text.is_empty());
    match text {
        Some(text) if text.chars().count() > MAX_ID_CHARS => {
            Err(ApiError::field(name, "must have at most 256 characters"))
        }
        Some(text) if text.chars().any(char::is_control) => {
            Err(ApiError::field(name, "must not contain control characters"))
        }
        text => Ok(text),
    }
}

impl From<CallerSummary> for CallerView {
    fn from(caller: CallerSummary) -> Self {
        Self {
            caller_id: caller.caller_id.as_str().to_owned(),
            memories: caller.memories,
            last_seen: caller.last_seen,
            names: caller.names,
            channels: caller.channels,
        }
    }
}
