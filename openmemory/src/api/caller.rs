//! `GET /api/v1/agents/{agent_id}/callers/{caller_id}/memories`, and `GET
//! /api/v1/callers/{caller_id}/memories`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::Failure;
use super::callers::callers_of_path;
use super::clock::now;
use super::segments::{Parameters, Segments};
use super::views::MemoryView;
use crate::limits::{DEFAULT_LIST_LIMIT, MAX_LIST_LIMIT};
use crate::memory::{AgentId, CallerId, Direction, Page, SortBy};
use crate::start::AppState;

/// One page of memories.
#[derive(Serialize)]
pub(super) struct ListAnswer {
    status: &'static str,
    memories: Vec<MemoryView>,
    total_count: usize,
    limit: usize,
    offset: usize,
}

/// Lists the active memories of an agent and caller, by importance unless asked otherwise, or those
/// that were replaced.
pub(super) async fn list(
    State(state): State<AppState>,
    Segments((agent, caller)): Segments<(String, String)>,
    parameters: Parameters,
) -> Result<Json<ListAnswer>, Failure> {
    let agent = AgentId::parse(&agent).map_err(|error| Failure::field("agent_id", error))?;
    page(&state, Some(&agent), &caller, &parameters).await
}

/// The same for all agents of a caller.
pub(super) async fn list_all(
    State(state): State<AppState>,
    Segments(caller): Segments<String>,
    parameters: Parameters,
) -> Result<Json<ListAnswer>, Failure> {
    page(&state, None, &caller, &parameters).await
}

async fn page(
    state: &AppState,
    agent: Option<&AgentId>,
    caller: &str,
    parameters: &Parameters,
) -> Result<Json<ListAnswer>, Failure> {
    let callers = callers_of_path(caller, parameters, CallerId::parse)?;
    let page = Page {
        limit: number(parameters, "limit", 1, MAX_LIST_LIMIT)?.unwrap_or(DEFAULT_LIST_LIMIT),
        offset: number(parameters, "offset", 0, usize::MAX)?.unwrap_or(0),
    };
    let (sort_by, order) = (sort_by(parameters)?, order(parameters)?);
    let hits = if superseded(parameters)? {
        state
            .memories
            .superseded(agent, &callers, page, now())
            .await?
    } else {
        state
            .memories
            .list(agent, &callers, (sort_by, order), page, now())
            .await?
    };
    Ok(Json(ListAnswer {
        status: "success",
        memories: hits.best.into_iter().map(MemoryView::from).collect(),
        total_count: hits.total,
        limit: page.limit,
        offset: page.offset,
    }))
}

fn number(
    parameters: &Parameters,
    name: &str,
    least: usize,
    most: usize,
) -> Result<Option<usize>, Failure> {
    let Some(text) = parameters.get(name) else {
        return Ok(None);
    };
    let number = text
        .parse()
        .ok()
        .filter(|number| (least..=most).contains(number));
    number.map(Some).ok_or_else(|| match most {
        usize::MAX => Failure::field(name, format!("must be a whole number from {least}")),
        most => Failure::field(
            name,
            format!("must be a whole number from {least} to {most}"),
        ),
    })
}

fn superseded(parameters: &Parameters) -> Result<bool, Failure> {
    match parameters.get("superseded") {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Failure::field("superseded", "must be true or false")),
    }
}

fn sort_by(parameters: &Parameters) -> Result<SortBy, Failure> {
    match parameters.get("sort_by") {
        None => Ok(SortBy::default()),
        Some("importance") => Ok(SortBy::Importance),
        Some("created_at") => Ok(SortBy::CreatedAt),
        Some("relevance") => Ok(SortBy::Relevance),
        Some(_) => Err(Failure::field(
            "sort_by",
            "must be importance, created_at or relevance",
        )),
    }
}

fn order(parameters: &Parameters) -> Result<Direction, Failure> {
    match parameters.get("order") {
        None => Ok(Direction::default()),
        Some("asc") => Ok(Direction::Ascending),
        Some("desc") => Ok(Direction::Descending),
        Some(_) => Err(Failure::field("order", "must be asc or desc")),
    }
}
