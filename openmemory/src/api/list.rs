//! `GET /api/v1/agents/{agent_id}/callers/{caller_id}/memories` and
//! `GET /api/v1/callers/{caller_id}/memories`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::ApiError;
use super::AppState;
use super::callers::callers_of_path;
use super::params::{PathParams, QueryParams};
use super::responses::MemoryView;
use crate::limits::{DEFAULT_LIST_LIMIT, MAX_LIST_LIMIT};
use crate::memory::{AgentId, CallerId, Direction, Page, SortBy};

/// One page of memories.
#[derive(Serialize)]
pub(super) struct ListResponse {
    status: &'static str,
    memories: Vec<MemoryView>,
    total_count: usize,
    limit: usize,
    offset: usize,
}

/// Lists the active or superseded memories of an agent and caller. Active ones are sorted by
/// importance by default.
pub(super) async fn list_for_agent(
    State(state): State<AppState>,
    PathParams((agent, caller)): PathParams<(String, String)>,
    query: QueryParams,
) -> Result<Json<ListResponse>, ApiError> {
    let agent = AgentId::parse(&agent).map_err(|error| ApiError::field("agent_id", error))?;
    page(&state, Some(&agent), &caller, &query).await
}

/// Lists the memories of a caller across all agents.
pub(super) async fn list_for_caller(
    State(state): State<AppState>,
    PathParams(caller): PathParams<String>,
    query: QueryParams,
) -> Result<Json<ListResponse>, ApiError> {
    page(&state, None, &caller, &query).await
}

async fn page(
    state: &AppState,
    agent: Option<&AgentId>,
    caller: &str,
    query: &QueryParams,
) -> Result<Json<ListResponse>, ApiError> {
    let callers = callers_of_path(caller, query, CallerId::parse)?;
    let page = Page {
        limit: number(query, "limit", 1, MAX_LIST_LIMIT)?.unwrap_or(DEFAULT_LIST_LIMIT),
        offset: number(query, "offset", 0, usize::MAX)?.unwrap_or(0),
    };
    let order = (sort_by(query)?, order(query)?);
    let results = if superseded(query)? {
        state
            .memories
            .superseded(agent, &callers, page, state.memories.now())
            .await?
    } else {
        state
            .memories
            .list(agent, &callers, order, page, state.memories.now())
            .await?
    };
    Ok(Json(ListResponse {
        status: "success",
        memories: results.best.into_iter().map(MemoryView::from).collect(),
        total_count: results.total,
        limit: page.limit,
        offset: page.offset,
    }))
}

/// Reads a whole number between two bounds, both inclusive.
pub(super) fn number(
    query: &QueryParams,
    name: &str,
    min: usize,
    max: usize,
) -> Result<Option<usize>, ApiError> {
    let Some(text) = query.get(name) else {
        return Ok(None);
    };
    let number = text
        .parse()
        .ok()
        .filter(|number| (min..=max).contains(number));
    number.map(Some).ok_or_else(|| match max {
        usize::MAX => ApiError::field(name, format!("must be a whole number from {min}")),
        max => ApiError::field(name, format!("must be a whole number from {min} to {max}")),
    })
}

fn superseded(query: &QueryParams) -> Result<bool, ApiError> {
    match query.get("superseded") {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(ApiError::field("superseded", "must be true or false")),
    }
}

fn sort_by(query: &QueryParams) -> Result<SortBy, ApiError> {
    match query.get("sort_by") {
        None => Ok(SortBy::default()),
        Some("importance") => Ok(SortBy::Importance),
        Some("created_at") => Ok(SortBy::CreatedAt),
        Some("relevance") => Ok(SortBy::Relevance),
        Some(_) => Err(ApiError::field(
            "sort_by",
            "must be importance, created_at or relevance",
        )),
    }
}

fn order(query: &QueryParams) -> Result<Direction, ApiError> {
    match query.get("order") {
        None => Ok(Direction::default()),
        Some("asc") => Ok(Direction::Ascending),
        Some("desc") => Ok(Direction::Descending),
        Some(_) => Err(ApiError::field("order", "must be asc or desc")),
    }
}
