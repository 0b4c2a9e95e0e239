//! The list of archived calls.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde_json::json;

use super::{Layout, PageQuery, render, time};
use crate::Console;
use crate::data::{ArchivedCall, PAGE_SIZE, archived_calls};
use crate::error::PageError;

#[derive(Template)]
#[template(path = "calls.html")]
struct CallsPage {
    layout: Layout,
    rows: Vec<CallRow>,
    total: usize,
    page: usize,
    pages: usize,
}

struct CallRow {
    conversation: String,
    at: String,
    /// Pseudonym and label of the caller.
    caller: Option<(String, String)>,
    agent: String,
    state: &'static str,
    detail: String,
}

/// `GET /calls`
pub(crate) async fn list(
    State(console): State<Console>,
    Query(query): Query<PageQuery>,
) -> Result<Response, PageError> {
    let found = archived_calls(&console, query.index()).await?;
    let counts = json!({"calls": found.calls.len()});
    console.audit("list", None, counts).await?;
    render(&CallsPage {
        layout: Layout::new(&console, "calls"),
        rows: found.calls.iter().map(row).collect(),
        total: found.total,
        page: query.index() + 1,
        pages: found.total.div_ceil(PAGE_SIZE).max(1),
    })
}

fn row(archived: &ArchivedCall) -> CallRow {
    let call = &archived.call;
    CallRow {
        conversation: call.conversation.to_string(),
        at: time(archived.at),
        caller: call
            .person
            .as_ref()
            .map(|person| (person.pseudonym().to_owned(), person.label())),
        agent: call
            .transcription
            .as_ref()
            .map(|call| call.agent_id.to_string())
            .unwrap_or_default(),
        state: call.state.word(),
        detail: call.state.detail(),
    }
}
