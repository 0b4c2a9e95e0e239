//! What all pages have in common.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;

use crate::Console;
use crate::error::PageError;

/// The frame of a page.
pub(crate) struct Layout {
    pub(crate) deployment: String,
    /// The token that each form carries.
    pub(crate) csrf: String,
    /// The entry of the navigation that the page belongs to.
    pub(crate) section: &'static str,
    /// What the operator has just done, if anything.
    pub(crate) notice: Option<&'static str>,
}

/// The query parameters that pages share.
#[derive(Default, Deserialize)]
pub(crate) struct PageQuery {
    /// The number of the page, from 1.
    #[serde(default)]
    pub(crate) page: Option<usize>,
    /// The last row of the page before.
    #[serde(default)]
    pub(crate) after: Option<String>,
    /// What the operator has just done.
    #[serde(default)]
    pub(crate) done: Option<String>,
    /// The id of a memory.
    #[serde(default)]
    pub(crate) id: Option<String>,
    /// The pseudonym of a caller.
    #[serde(default)]
    pub(crate) caller: Option<String>,
    /// The id of an agent.
    #[serde(default)]
    pub(crate) agent: Option<String>,
}

impl PageQuery {
    /// The index of the page, from 0.
    pub(crate) fn index(&self) -> usize {
        self.page.unwrap_or(1).max(1) - 1
    }
}

impl Layout {
    /// Returns the frame of a page in this section.
    pub(crate) fn new(console: &Console, section: &'static str) -> Self {
        Self {
            deployment: console.backend().deployment.clone(),
            csrf: console.access().csrf().to_owned(),
            section,
            notice: None,
        }
    }

    /// Adds what the operator has just done. `done` is the word in the URL.
    pub(crate) fn with_notice(self, done: Option<&str>) -> Self {
        Self {
            notice: done.and_then(notice),
            ..self
        }
    }
}

fn notice(done: &str) -> Option<&'static str> {
    Some(match done {
        "edited" => "The memory is changed.",
        "pinned" => "The memory is pinned: agents receive it at the start of every call.",
        "unpinned" => "The memory is not pinned any more.",
        "corrected" => "The correction is stored. The earlier memory is in the history.",
        "added" => "The memory is stored.",
        "deleted" => "The memory is deleted, and the caller cards are rebuilt without it.",
        "queued" => "The call is in the queue and will be extracted again.",
        "replayed" => "The dead letters are back in the queue.",
        "linked" => "They are one person now. The caller cards are rewritten.",
        "unlinked" => "The id is unlinked. The next call writes a new caller card.",
        _ => return None,
    })
}

/// Fills a template.
pub(crate) fn render(template: &impl Template) -> Result<Response, PageError> {
    let html = template.render().map_err(|_| PageError::Template)?;
    Ok(Html(html).into_response())
}
