//! `POST /api/v1/memories/search`.

use std::time::Instant;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::{Map, Value};

use super::ApiError;
use super::AppState;
use super::body::JsonObject;
use super::callers::callers;
use super::fields::Fields;
use super::responses::MemoryView;
use super::times;
use crate::limits::{DEFAULT_SEARCH_LIMIT, MAX_QUERY_CHARS};
use crate::memory::{AgentId, CallerId, Filter};
use crate::ranking::{Search, SearchHit};

/// The response to a search.
#[derive(Serialize)]
pub(super) struct SearchResponse {
    status: &'static str,
    query: String,
    memories: Vec<MemoryView>,
    total_count: usize,
    search_time_ms: f64,
}

/// Finds the memories of a caller that answer a question.
pub(super) async fn search(
    State(state): State<AppState>,
    JsonObject(body): JsonObject,
) -> Result<Json<SearchResponse>, ApiError> {
    let started = Instant::now();
    let search = read(&body)?;
    let query = search.query.clone();
    let explain = search.explain;
    let results = state.memories.search(search, state.memories.now()).await?;
    Ok(Json(SearchResponse {
        status: "success",
        query,
        memories: results.best.into_iter().map(view(explain)).collect(),
        total_count: results.total,
        search_time_ms: (started.elapsed().as_secs_f64() * 1_000_000.0).round() / 1_000.0,
    }))
}

/// Returns how a hit is shown: with the parts of its score only on request.
fn view(explain: bool) -> impl Fn(SearchHit) -> MemoryView {
    move |hit| {
        let parts = hit.parts.filter(|_| explain);
        MemoryView::from(hit).with_score(parts)
    }
}

fn read(body: &Map<String, Value>) -> Result<Search, ApiError> {
    let fields = Fields::new(body, "");
    let query = fields.text("query")?.unwrap_or_default();
    if query.chars().count() > MAX_QUERY_CHARS {
        return Err(fields.invalid("query", "must have at most 8000 characters"));
    }
    Ok(Search {
        callers: callers(fields, CallerId::parse)?,
        agent_id: fields.optional_id("agent_id", AgentId::parse)?,
        query: query.to_owned(),
        include_superseded: fields.flag("include_superseded")?.unwrap_or_default(),
        distinct: fields.flag("distinct")?.unwrap_or_default(),
        explain: fields.flag("explain")?.unwrap_or_default(),
        filter: fields
            .object("filters")?
            .map(filter)
            .transpose()?
            .unwrap_or_default(),
        limit: fields
            .whole("limit", 1, 100)?
            .map_or(DEFAULT_SEARCH_LIMIT, usize::from),
        min_relevance: fields.number("min_relevance", 0.0, 1.0)?,
    })
}

fn filter(filters: &Map<String, Value>) -> Result<Filter, ApiError> {
    let fields = Fields::new(filters, "filters.");
    let (start, end) = fields
        .object("date_range")?
        .map(range)
        .transpose()?
        .unwrap_or_default();
    let least = fields.whole("min_importance", 0, 10)?;
    Ok(Filter {
        min_importance: least.and_then(|least| u8::try_from(least).ok()),
        categories: categories(fields)?,
        start,
        end,
    })
}

fn categories(fields: Fields<'_>) -> Result<Vec<String>, ApiError> {
    let named: Option<Vec<String>> = fields
        .list("categories")?
        .unwrap_or_default()
        .iter()
        .map(|value| value.as_str().map(str::to_owned))
        .collect();
    named.ok_or_else(|| fields.invalid("categories", "must be strings"))
}

type Range = (Option<jiff::Timestamp>, Option<jiff::Timestamp>);

/// Reads `date_range`.
fn range(range: &Map<String, Value>) -> Result<Range, ApiError> {
    let fields = Fields::new(range, "filters.date_range.");
    let start = time(fields, "start", times::parse)?;
    let end = time(fields, "end", times::parse_end)?;
    if start.zip(end).is_some_and(|(start, end)| start > end) {
        return Err(fields.invalid("end", "must not be before start"));
    }
    Ok((start, end))
}

fn time(
    fields: Fields<'_>,
    name: &str,
    parse: fn(&str) -> Option<jiff::Timestamp>,
) -> Result<Option<jiff::Timestamp>, ApiError> {
    let Some(text) = fields.text(name)? else {
        return Ok(None);
    };
    parse(text)
        .map(Some)
        .ok_or_else(|| fields.invalid(name, "must be an RFC 3339 time"))
}
