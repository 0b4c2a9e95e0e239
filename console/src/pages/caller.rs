//! One caller: caller cards, memories, history and calls.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use common::archive::caller_tombstone;
use common::call::{AgentId, Channel};
use common::memory::{CallerCard, Memory};
use common::openmemory::Identity;
use serde_json::json;

use super::{Layout, MemoryRow, PageQuery, memory_rows, render, time};
use crate::Console;
use crate::data::{
    ExtractionState, PastCall, Person, agents_of, cards, history, identities, memories, timeline,
};
use crate::error::PageError;

#[derive(Template)]
#[template(path = "caller.html")]
struct CallerPage {
    layout: Layout,
    pseudonym: String,
    label: String,
    /// The caller id, if the operator asked for it.
    revealed: Option<String>,
    can_reveal: bool,
    cards: Vec<CardView>,
    agents: Vec<String>,
    /// The agent that forms suggest.
    first_agent: String,
    channels: String,
    memories: Vec<MemoryRow>,
    history: Vec<MemoryRow>,
    calls: Vec<CallRow>,
    calls_total: usize,
    page: usize,
    has_more: bool,
    can_erase: bool,
    /// `None` if the store does not support links.
    identities: Option<Vec<IdentityRow>>,
    /// Who recorded that the caller does not want to be remembered, and when; `None` if nobody did.
    opted_out: Option<String>,
}

struct IdentityRow {
    label: String,
    pseudonym: String,
    /// Empty for the main id.
    linked_at: String,
    linked_by: String,
}

struct CardView {
    agent: String,
    name: String,
    greeting: String,
    last_call: String,
    summary: String,
    open_issues: Vec<String>,
}

struct CallRow {
    conversation: String,
    at: String,
    state: &'static str,
    detail: String,
}

/// `GET /callers/{pseudonym}`
pub(crate) async fn show(
    State(console): State<Console>,
    Path(pseudonym): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Response, PageError> {
    let person = console.person(&pseudonym).await?;
    page(&console, &person, &query, None).await
}

/// `POST /callers/{pseudonym}/reveal`: shows the number on this page only.
pub(crate) async fn reveal(
    State(console): State<Console>,
    Path(pseudonym): Path<String>,
) -> Result<Response, PageError> {
    let person = console.person(&pseudonym).await?;
    let id = person.known_id().map(|caller| caller.as_str().to_owned());
    console.audit("reveal", Some(&person), json!({})).await?;
    page(&console, &person, &PageQuery::default(), id).await
}

async fn page(
    console: &Console,
    person: &Person,
    query: &PageQuery,
    revealed: Option<String>,
) -> Result<Response, PageError> {
    let found = memories(console, person, query.index()).await?;
    let memories = &found.memories;
    let past = timeline(console, person).await?;
    let mut agents = agents_of(memories);
    agents.extend(agents_of_calls(&past.calls));
    let cards = cards(console, person, &agents).await?;
    let history = history(console, person, &agents).await?;
    let identities = identities(console, person).await?;
    let counts = json!({"memories": memories.len(), "superseded": history.len(),
        "cards": cards.len(), "calls": past.calls.len()});
    console.audit("show", Some(person), counts).await?;
    render(&CallerPage {
        layout: Layout::new(console, "callers").with_notice(query.done.as_deref()),
        pseudonym: person.pseudonym().to_owned(),
        label: person.label(),
        can_reveal: revealed.is_none() && person.known_id().is_some(),
        revealed,
        cards: cards.iter().map(card).collect(),
        first_agent: agents.first().map(ToString::to_string).unwrap_or_default(),
        agents: agents.iter().map(ToString::to_string).collect(),
        channels: channels(memories),
        memories: memory_rows(console, memories).await?,
        history: memory_rows(console, &history).await?,
        calls: past.calls.iter().map(call).collect(),
        calls_total: past.total,
        page: query.index() + 1,
        has_more: found.has_more,
        can_erase: person.known_id().is_some(),
        identities: identities.map(|ids| identity_rows(console, &ids)),
        opted_out: opted_out(console, person).await?,
    })
}

/// Returns who recorded that the caller does not want to be remembered, and when.
async fn opted_out(console: &Console, person: &Person) -> Result<Option<String>, PageError> {
    let tombstone = caller_tombstone(&console.backend().archive, person.hash()).await?;
    Ok(tombstone.as_ref().and_then(|tombstone| {
        let wish = tombstone.opted_out()?;
        let by = if wish.is_by_agent() {
            "an agent"
        } else {
            "an operator"
        };
        let calls = if tombstone.is_pending() {
            " Archived calls are not erased yet."
        } else {
            ""
        };
        Some(format!("Recorded by {by} on {}.{calls}", time(wish.since)))
    }))
}

/// Agents of whose calls nothing is remembered may still have a card.
fn agents_of_calls(calls: &[PastCall]) -> BTreeSet<AgentId> {
    calls
        .iter()
        .filter_map(|call| match &call.state {
            ExtractionState::Extracted(record) => Some(record.agent_id.clone()),
            _ => None,
        })
        .take(3)
        .collect()
}

fn channels(memories: &[Memory]) -> String {
    let channels: BTreeSet<&str> = memories
        .iter()
        .filter_map(|memory| memory.channel.map(Channel::as_str))
        .collect();
    channels.into_iter().collect::<Vec<_>>().join(", ")
}

fn card((agent, card): &(AgentId, CallerCard)) -> CardView {
    CardView {
        agent: agent.to_string(),
        name: card.all_names(),
        greeting: card.greeting.clone(),
        last_call: card.last_call_at.map(time).unwrap_or_default(),
        summary: card.last_summary.clone(),
        open_issues: card.open_issues.clone(),
    }
}

fn identity_rows(console: &Console, ids: &[Identity]) -> Vec<IdentityRow> {
    let row = |id: &Identity| {
        let person = console.person_listed_as(&id.id)?;
        Some(IdentityRow {
            label: person.label(),
            pseudonym: person.pseudonym().to_owned(),
            linked_at: id.linked_at.map(time).unwrap_or_default(),
            linked_by: id.linked_by.clone().unwrap_or_default(),
        })
    };
    ids.iter().filter_map(row).collect()
}

fn call(call: &PastCall) -> CallRow {
    CallRow {
        conversation: call.conversation.to_string(),
        at: time(call.at),
        state: call.state.word(),
        detail: call.state.detail(),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Bench;

    #[tokio::test]
    async fn a_page_of_long_memories_is_small_and_leads_to_the_next() {
        let bench = Bench::with_memories(51);
        let cookie = bench.enter().await;
        let (status, html) = bench.page(&cookie, &bench.caller_path()).await;
        assert_eq!(status, 200, "{html}");
        assert_eq!(html.matches("class=\"memory\"").count(), 50);
        assert!(html.contains("?page=2#memories"), "{html}");
        assert!(html.len() < 100_000, "{} bytes", html.len());
    }
}
