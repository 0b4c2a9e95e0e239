//! The list of callers, and the search for one.

use askama::Template;
use axum::Extension;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use common::call::{CallerHash, CallerId};
use serde_json::json;

use super::{Layout, PageQuery, render, time};
use crate::Console;
use crate::access::Submitted;
use crate::data::{ListedPerson, people};
use crate::error::PageError;

/// From this many digits on, a search is for a telephone number. Fewer are the beginning of one.
const MIN_DIGITS: usize = 8;

#[derive(Template)]
#[template(path = "callers.html")]
struct CallersPage {
    layout: Layout,
    rows: Vec<CallerRow>,
    query: String,
    next: Option<String>,
    is_from_archive: bool,
}

struct CallerRow {
    pseudonym: String,
    label: String,
    names: String,
    channels: String,
    memories: String,
    last_seen: String,
}

/// `GET /callers`
pub(crate) async fn list(
    State(console): State<Console>,
    Query(query): Query<PageQuery>,
) -> Result<Response, PageError> {
    show(&console, "", query.after.as_deref(), query.done.as_deref()).await
}

/// `POST /callers`: the text is a number or a name, so it belongs in no URL.
pub(crate) async fn search(
    State(console): State<Console>,
    Extension(form): Extension<Submitted>,
) -> Result<Response, PageError> {
    let text = form.get("q");
    if let Some(caller) = caller_named(text) {
        let person = console.person_of(&caller);
        let path = format!("/callers/{}", person.pseudonym());
        return Ok(Redirect::to(&path).into_response());
    }
    let after = Some(form.get("after")).filter(|after| !after.is_empty());
    show(&console, text, after, None).await
}

/// Returns the caller whom the text names in full: `user:ID`, or a number.
pub(super) fn caller_named(text: &str) -> Option<CallerId> {
    if let Some(id) = text.strip_prefix("user:") {
        return CallerId::from_user_id(id);
    }
    if CallerHash::parse(text).is_some() {
        return None;
    }
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let is_address = text.contains('@');
    (digits >= MIN_DIGITS || is_address)
        .then(|| CallerId::from_phone(text))
        .flatten()
}

async fn show(
    console: &Console,
    query: &str,
    after: Option<&str>,
    done: Option<&str>,
) -> Result<Response, PageError> {
    let found = people(console, query, after).await?;
    let counts = json!({"callers": found.people.len()});
    console.audit("list", None, counts).await?;
    render(&CallersPage {
        layout: Layout::new(console, "callers").with_notice(done),
        rows: found.people.iter().map(row).collect(),
        query: query.to_owned(),
        next: found.next,
        is_from_archive: found.is_from_archive,
    })
}

fn row(listed: &ListedPerson) -> CallerRow {
    let memories = listed.memories.map(|count| count.to_string());
    CallerRow {
        pseudonym: listed.person.pseudonym().to_owned(),
        label: listed.person.label(),
        names: listed.names.join(", "),
        channels: listed.channels.join(", "),
        memories: memories.unwrap_or_else(|| "unknown".to_owned()),
        last_seen: listed.last_seen.map(time).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_number_or_user_id_names_a_caller() {
        let named = |text| caller_named(text).map(|caller| caller.as_str().to_owned());
        assert_eq!(named("+1 (202) 555-0142").as_deref(), Some("+12025550142"));
        assert_eq!(named("user:dana").as_deref(), Some("user:dana"));
        let pseudonym = "12345678".repeat(8);
        for text in ["", "Mira", "+1202", "Mira 2", &pseudonym] {
            assert_eq!(named(text), None, "{text}");
        }
    }
}
