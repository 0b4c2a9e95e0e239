//! Composes what the agent is told about the caller.
//!
//! The response always has the same variables, whoever calls and whatever fails: ElevenLabs refuses
//! a call if a variable is missing.

use common::call::AgentId;
use common::memory::{
    AgentProfile, CONTEXT_HEADING, CallerCard, Importance, Memory, SHARED_NUMBER_NOTICE,
    ShareableMemory, fit_lines, is_shareable_with, memory_context, welcome_back, with_heading,
};
use common::settings::{GreetingDelivery, GreetingSettings};
use common::template::{neutralize, serialize_neutral};
use serde::Serialize;
use text::Wording;

/// Maximum length of each text except `memory_context`, in characters.
const MAX_TEXT_CHARS: usize = 1000;
/// Memories of other agents fill at most this fraction (one half) of `memory_context`.
const SHARED_FRACTION: usize = 2;

/// The response body, of type `conversation_initiation_client_data`.
#[derive(Debug, Serialize)]
pub struct ClientDataResponse {
    #[serde(rename = "type")]
    kind: &'static str,
    dynamic_variables: DynamicVariables,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation_config_override: Option<ConfigOverride>,
}

/// The variables that an agent's prompt and messages may use.
#[derive(Debug, Serialize)]
pub struct DynamicVariables {
    #[serde(serialize_with = "serialize_neutral")]
    greeting: String,
    caller_known: &'static str,
    #[serde(serialize_with = "serialize_neutral")]
    caller_name: String,
    /// All names if several people use the number. `caller_name` is empty then, so that no text of
    /// the agent takes one of them for another.
    #[serde(serialize_with = "serialize_neutral")]
    caller_names: String,
    #[serde(serialize_with = "serialize_neutral")]
    memory_context: String,
    #[serde(serialize_with = "serialize_neutral")]
    last_call_summary: String,
    #[serde(serialize_with = "serialize_neutral")]
    last_call_at: String,
    #[serde(serialize_with = "serialize_neutral")]
    open_issues: String,
    /// Identifies the user of a web session to the search tool. Only sent if the deployment trusts
    /// user ids.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
}

#[derive(Debug, Serialize)]
struct ConfigOverride {
    agent: AgentOverride,
}

#[derive(Debug, Serialize)]
struct AgentOverride {
    #[serde(serialize_with = "serialize_neutral")]
    first_message: String,
}

impl ClientDataResponse {
    /// Adds the user id of a web session. It is empty for a telephone call, but must be sent:
    /// ElevenLabs refuses the call if a variable that the agent uses is missing.
    #[must_use]
    pub fn with_user_id(mut self, id: &str) -> Self {
        self.dynamic_variables.user_id = Some(neutralize(id).into_owned());
        self
    }
}

/// What the memory store returned before the deadline.
#[derive(Default)]
pub(crate) struct CallerLookup {
    pub(crate) card: Option<CallerCard>,
    pub(crate) profile: Option<AgentProfile>,
    /// The caller's memories from all agents; empty if agents may not share memories.
    pub(crate) shared_memories: Vec<Memory>,
}

impl CallerLookup {
    /// Whether anything is known about the caller.
    pub(crate) fn knows_caller(&self) -> bool {
        self.card.is_some() || !self.shared_memories.is_empty()
    }
}

/// Composes the response for a call to `agent`. Memories of other agents are included from
/// `high_importance` on.
pub(crate) fn compose(
    lookup: CallerLookup,
    agent: Option<&AgentId>,
    settings: &GreetingSettings,
    high_importance: Importance,
) -> ClientDataResponse {
    let is_known = lookup.knows_caller();
    let greeting = greeting(&lookup, settings);
    let context = headed_context(&lookup, agent, settings, high_importance);
    let card = lookup.card.unwrap_or_default();
    let names = card.shared_names().join(", ");
    let single_name = card.caller_name.filter(|_| names.is_empty());
    // ElevenLabs refuses an empty override.
    let has_override =
        is_known && settings.delivery != GreetingDelivery::Variable && !greeting.is_empty();
    ClientDataResponse {
        kind: "conversation_initiation_client_data",
        conversation_config_override: has_override.then(|| ConfigOverride {
            agent: AgentOverride {
                first_message: greeting.clone(),
            },
        }),
        dynamic_variables: DynamicVariables {
            greeting,
            caller_known: if is_known { "true" } else { "false" },
            caller_name: truncate(single_name.unwrap_or_default(), MAX_TEXT_CHARS),
            caller_names: truncate(names, MAX_TEXT_CHARS),
            memory_context: context,
            last_call_summary: truncate(card.last_summary, MAX_TEXT_CHARS),
            last_call_at: card
                .last_call_at
                .map(|at| at.to_string())
                .unwrap_or_default(),
            open_issues: truncate(card.open_issues.join("; "), MAX_TEXT_CHARS),
            user_id: None,
        },
    }
}

/// Chooses the greeting:
/// - for a number that several people use, the question who is speaking;
/// - for a caller this agent knows, the one written after their last call;
/// - for a caller only other agents know, a template. The caller id can be forged, so what another
///   agent was told is never spoken;
/// - for a stranger, the agent's own first message.
fn greeting(lookup: &CallerLookup, settings: &GreetingSettings) -> String {
    if !lookup.knows_caller() {
        return first_message(lookup, settings);
    }
    let card = lookup.card.as_ref();
    let profile = lookup.profile.as_ref();
    let language = card
        .and_then(|card| card.language.as_deref())
        .or_else(|| profile.and_then(|profile| profile.language.as_deref()));
    if let Some(shared) = card.filter(|card| card.is_shared()) {
        return shared
            .question(language)
            .map(|question| truncate(question, MAX_TEXT_CHARS))
            .unwrap_or_else(|| first_message(lookup, settings));
    }
    card.map(|card| card.greeting.trim())
        .filter(|greeting| !greeting.is_empty())
        .map(|greeting| truncate(greeting.to_owned(), MAX_TEXT_CHARS))
        .or_else(|| welcome_back(card.and_then(|card| card.caller_name.as_deref()), language))
        .unwrap_or_else(|| first_message(lookup, settings))
}

fn first_message(lookup: &CallerLookup, settings: &GreetingSettings) -> String {
    lookup
        .profile
        .as_ref()
        .and_then(|profile| profile.first_message.clone())
        .unwrap_or_else(|| settings.default_greeting.clone())
}

/// Returns the memory context with its heading, in at most `MEMORY_CONTEXT_CHARS` characters.
fn headed_context(
    lookup: &CallerLookup,
    agent: Option<&AgentId>,
    settings: &GreetingSettings,
    high_importance: Importance,
) -> String {
    let is_shared = lookup.card.as_ref().is_some_and(CallerCard::is_shared);
    let notice = SHARED_NUMBER_NOTICE;
    let notice_chars = if is_shared { notice.len() + 1 } else { 0 };
    let max_chars = settings
        .memory_context_chars
        .saturating_sub(notice_chars + CONTEXT_HEADING.len() + 1);
    let context = with_heading(&combined_context(lookup, agent, high_importance, max_chars));
    match (is_shared, context.is_empty()) {
        (false, _) => context,
        (true, true) => notice.to_owned(),
        (true, false) => format!("{notice}\n{context}"),
    }
}

/// Joins what this agent knows about the caller with the important memories of other agents, in at
/// most `max_chars` characters.
fn combined_context(
    lookup: &CallerLookup,
    agent: Option<&AgentId>,
    high_importance: Importance,
    max_chars: usize,
) -> String {
    let own = lookup
        .card
        .as_ref()
        .map(|card| card.memory_context.trim())
        .unwrap_or_default();
    let shared = shared_context(lookup, agent, high_importance, own);
    let shared = fit_lines(&shared, max_chars / SHARED_FRACTION);
    if shared.is_empty() {
        return fit_lines(own, max_chars);
    }
    let own = fit_lines(own, max_chars - shared.chars().count() - 1);
    if own.is_empty() {
        return shared;
    }
    format!("{own}\n{shared}")
}

/// Lists the important shared memories that this agent may use and that `own` does not already
/// contain. Several agents may have stored the same words.
fn shared_context(
    lookup: &CallerLookup,
    agent: Option<&AgentId>,
    high_importance: Importance,
    own: &str,
) -> String {
    let own_lines: Vec<Wording<'_>> = own
        .lines()
        .map(|line| Wording::new(line.strip_prefix("- ").unwrap_or(line)))
        .collect();
    let has_card = lookup.card.is_some();
    let memories: Vec<ShareableMemory<'_>> = lookup
        .shared_memories
        .iter()
        .filter(|memory| memory.importance >= high_importance)
        // This agent's memories are already on its card.
        .filter(|memory| !has_card || memory.agent_id.as_ref() != agent)
        .filter(|memory| is_shareable_with(memory, agent))
        .filter(|memory| !own_lines.contains(&Wording::new(memory.content.trim())))
        .map(ShareableMemory::from)
        .collect();
    memory_context(&memories)
}

fn truncate(text: String, max_chars: usize) -> String {
    match text.char_indices().nth(max_chars) {
        Some((end, _)) => text[..end].to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests;
