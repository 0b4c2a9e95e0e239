//! "Ask as the agent": the exact response of search-memory to a query, and why the memories are in
//! this order.

use askama::Template;
use axum::Extension;
use axum::extract::{Query, State};
use axum::response::Response;
use common::elevenlabs::auth::WebhookAuth;
use common::openmemory::{ExplainedMemory, OpenMemoryError};
use common::template::neutralize;
use search_memory::{Request, SearchMemory, SearchResponse};
use serde_json::{Value, json};

use super::score::{Score, ScorePart, score_parts};
use super::subject::Subject;
use super::{Layout, PageQuery, pretty, render, time};
use crate::Console;
use crate::access::Submitted;
use crate::error::PageError;

#[derive(Template)]
#[template(path = "ask.html")]
struct AskPage {
    layout: Layout,
    /// The pseudonym of the caller, so that no number is in the page.
    caller: String,
    label: String,
    agent: String,
    query: String,
    all_agents: bool,
    answer: Option<Answer>,
}

struct Answer {
    summary: String,
    hits: Vec<HitRow>,
    json: String,
}

struct HitRow {
    memory: String,
    relevance: String,
    matching: String,
    said: String,
    agent: String,
    /// The call from which it comes.
    conversation: String,
    /// What the score consists of; empty if the store does not explain it.
    score: Vec<ScorePart>,
}

/// `GET /ask`
pub(crate) async fn form(
    State(console): State<Console>,
    Query(query): Query<PageQuery>,
) -> Result<Response, PageError> {
    render(&AskPage {
        layout: Layout::new(&console, "ask"),
        caller: query.caller.unwrap_or_default(),
        label: String::new(),
        agent: query.agent.unwrap_or_default(),
        query: String::new(),
        all_agents: false,
        answer: None,
    })
}

/// `POST /ask`
pub(crate) async fn answer(
    State(console): State<Console>,
    Extension(form): Extension<Submitted>,
) -> Result<Response, PageError> {
    let Subject { person, agent } = Subject::read(&console, &form).await?;
    let all_agents = form.is_ticked("all");
    let mut request = json!({"query": form.get("query"), "agent_id": agent});
    if all_agents {
        request["search_all_agents"] = true.into();
    }
    let request: Request = serde_json::from_str(&request.to_string())
        .map_err(|_| PageError::invalid("This query cannot be sent."))?;
    let backend = console.backend();
    let auth = WebhookAuth::new(backend.secrets.clone(), &backend.settings.auth);
    let store = person.store(backend).clone();
    let search = SearchMemory::new(auth, store, &backend.settings);
    let response = search.answer(person.id(), &request).await;
    let explained = match search.explain(person.id(), &request).await {
        Ok(explained) => explained,
        Err(OpenMemoryError::MissingExtension(_)) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let counts = json!({"memories": response.results.len()});
    console.audit("search", Some(&person), counts).await?;
    render(&AskPage {
        layout: Layout::new(&console, "ask"),
        caller: person.pseudonym().to_owned(),
        label: person.label(),
        agent: agent.to_string(),
        query: form.get("query").to_owned(),
        all_agents,
        answer: Some(view(&response, &explained)),
    })
}

/// Reads the table from the JSON that the agent receives, so that both agree.
fn view(response: &SearchResponse, explained: &[ExplainedMemory]) -> Answer {
    let body = serde_json::to_value(response).unwrap_or_default();
    let hits = body["results"].as_array().map_or(&[][..], Vec::as_slice);
    Answer {
        summary: text(&body["summary"]),
        hits: hits.iter().map(|found| hit(found, explained)).collect(),
        json: pretty(response),
    }
}

fn hit(hit: &Value, explained: &[ExplainedMemory]) -> HitRow {
    let row = HitRow {
        memory: text(&hit["memory"]),
        relevance: hit["relevance"].to_string(),
        matching: text(&hit["match"]),
        said: said_at(&hit["timestamp"]),
        agent: text(&hit["agent_id"]),
        conversation: text(&hit["conversation_id"]),
        score: Vec::new(),
    };
    HitRow {
        score: score_of(&row, explained).map_or_else(Vec::new, score_parts),
        ..row
    }
}

/// Returns the time as other pages show it.
fn said_at(timestamp: &Value) -> String {
    let at = timestamp.as_str().and_then(|at| at.parse().ok());
    at.map(time).unwrap_or_default()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Finds the score of a hit. The response has no memory ids, but content, call and agent identify
/// the memory well enough.
fn score_of<'a>(hit: &HitRow, explained: &'a [ExplainedMemory]) -> Option<&'a Score> {
    explained
        .iter()
        .find(|ExplainedMemory { memory, .. }| {
            let agent = memory.agent_id.as_ref().map(ToString::to_string);
            let conversation = memory.conversation_id.as_ref().map(ToString::to_string);
            neutralize(&memory.content) == hit.memory
                && agent.unwrap_or_default() == hit.agent
                && conversation.unwrap_or_default() == hit.conversation
        })
        .map(|found| &found.score)
}
