//! One call: the transcript with memories beside their turns, what was left out, and the costs.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use common::call::{Channel, ConversationId, Transcript};
use common::elevenlabs::transcription::Transcription;
use common::settings::Provider;
use extraction::Record;
use serde_json::json;

use super::transcript::{ByTurn, NotedMemory, TURNS, TurnView, noted, turns};
use super::{Layout, PageQuery, render, time};
use crate::Console;
use crate::data::{Person, read_call};
use crate::error::PageError;

#[derive(Template)]
#[template(path = "call.html")]
struct CallPage {
    layout: Layout,
    conversation: String,
    /// Pseudonym and label of the caller.
    caller: Option<(String, String)>,
    facts: Vec<(&'static str, String)>,
    state: &'static str,
    detail: String,
    turns: Vec<TurnView>,
    /// Memories without a turn on this page.
    unplaced: Vec<NotedMemory>,
    dropped: Vec<Dropped>,
    withheld: Vec<(String, usize)>,
    costs: Vec<(&'static str, String)>,
    summary: String,
    open_issues: Vec<String>,
    page: usize,
    pages: usize,
    can_redo: bool,
    /// Whether extracting the call again sends it to a model.
    is_paid: bool,
}

/// Candidates that were not stored, by reason.
struct Dropped {
    reason: String,
    meaning: &'static str,
    count: usize,
    categories: String,
}

/// `GET /calls/{conversation}`
pub(crate) async fn show(
    State(console): State<Console>,
    Path(conversation): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Response, PageError> {
    let id = ConversationId::parse(conversation).map_err(|_| PageError::UnknownCall)?;
    let call = read_call(&console, id).await?;
    let settings = &console.backend().settings.memory;
    let transcript = call
        .transcription
        .as_ref()
        .map(|call| call.transcript(settings.store_keypad_input))
        .unwrap_or_default();
    let counts = json!({"turns": transcript.turns().len()});
    console.audit("call", call.person.as_ref(), counts).await?;
    let layout = Layout::new(&console, "calls").with_notice(query.done.as_deref());
    let facts = facts(&console, call.transcription.as_ref());
    let state = call.state.word();
    let detail = call.state.detail();
    let can_redo = call.transcription.is_some() && call.person.is_some();
    let record = call.state.into_record();
    let mut memories = record.as_ref().map(noted).unwrap_or_default();
    let shown = turns(&transcript, query.index(), &mut memories);
    render(&CallPage {
        layout,
        conversation: call.conversation.to_string(),
        caller: call.person.as_ref().map(name),
        facts,
        state,
        detail,
        turns: shown,
        unplaced: unplaced(memories, &transcript),
        dropped: record.as_ref().map(dropped).unwrap_or_default(),
        withheld: record
            .iter()
            .flat_map(|record| record.withheld.clone())
            .collect(),
        costs: record.as_ref().map(costs).unwrap_or_default(),
        summary: record
            .as_ref()
            .map(|record| record.summary.clone())
            .unwrap_or_default(),
        open_issues: record.map(|record| record.open_issues).unwrap_or_default(),
        page: query.index() + 1,
        pages: transcript.turns().len().div_ceil(TURNS).max(1),
        can_redo,
        is_paid: console.backend().settings.llm.provider != Provider::None,
    })
}

fn name(person: &Person) -> (String, String) {
    (person.pseudonym().to_owned(), person.label())
}

fn facts(console: &Console, call: Option<&Transcription>) -> Vec<(&'static str, String)> {
    let Some(call) = call else {
        return Vec::new();
    };
    let agents: Vec<String> = call.agents().iter().map(ToString::to_string).collect();
    let mut facts = vec![
        ("Began", time(call.started_at(console.backend().now()))),
        ("Agent", agents.join(", ")),
    ];
    let channel = call.channel().map(Channel::as_str).map(str::to_owned);
    facts.extend(channel.map(|channel| ("Channel", channel)));
    let language = call.language().map(str::to_owned);
    facts.extend(language.map(|language| ("Language", language)));
    facts
}

/// Returns the memories that belong to no turn of the transcript. Those of other pages are left
/// out.
fn unplaced(memories: ByTurn, transcript: &Transcript) -> Vec<NotedMemory> {
    let turns = transcript.turns().len();
    memories
        .into_iter()
        .filter(|(turn, _)| turn.is_none_or(|turn| turn >= turns))
        .flat_map(|(_, memories)| memories)
        .collect()
}

fn dropped(record: &Record) -> Vec<Dropped> {
    let rows = record.dropped.iter().map(|(reason, count)| {
        let categories: Vec<String> = record
            .dropped_by_category
            .get(reason)
            .into_iter()
            .flatten()
            .map(|(category, count)| format!("{category} {count}"))
            .collect();
        Dropped {
            reason: reason.clone(),
            meaning: meaning(reason),
            count: *count,
            categories: categories.join(", "),
        }
    });
    rows.collect()
}

/// Explains why a candidate was dropped.
fn meaning(reason: &str) -> &'static str {
    match reason {
        "unsupported" | "ungrounded" => "The caller's words do not support it.",
        "contradicted" => "It says something else than its quote, or asks a question.",
        "unverified" => "The verification found that the call does not say so.",
        "instruction" => "It gives orders to the machine.",
        "placeholder" | "empty" => "It says nothing.",
        "sensitive" => "It is private, and STORE_SENSITIVE does not allow it.",
        "unimportant" => "It is less important than MIN_IMPORTANCE_TO_STORE.",
        "outdated" => "A later call said something newer.",
        "double" => "Another memory of the call says the same.",
        "too_many" => "The call gave more memories than one call may store.",
        "unreadable" => "The model's item could not be read.",
        _ => "",
    }
}

fn costs(record: &Record) -> Vec<(&'static str, String)> {
    let usage = &record.usage;
    let mut costs = vec![
        ("Extracted", time(record.extracted_at)),
        ("Provider", record.provider.clone()),
        ("Extractor", record.extractor.clone()),
    ];
    costs.extend(record.model.clone().map(|model| ("Model", model)));
    let verification = record.verification.clone();
    costs.extend(verification.map(|outcome| ("Verification", outcome)));
    if usage.input + usage.output > 0 {
        costs.push(("Input tokens", usage.input.to_string()));
        costs.push(("of them cached", usage.cached.to_string()));
        costs.push(("Output tokens", usage.output.to_string()));
    }
    let dollars = record.cost_dollars;
    costs.extend(dollars.map(|dollars| ("Cost", format!("${dollars:.5}"))));
    costs
}
