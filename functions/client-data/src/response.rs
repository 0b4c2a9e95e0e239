//! Composes what the agent is told about the caller.
//!
//! The response always has the same variables, whoever calls and whatever fails: ElevenLabs refuses
//! a call if a variable is missing.

use common::call::AgentId;
use common::memory::{
    AgentProfile, CONTEXT_HEADING, CallerCard, Importance, Memory, ShareableMemory, fit_lines,
    is_shareable_with, memory_context, welcome_back, with_heading,
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
    let max_chars = settings
        .memory_context_chars
        .saturating_sub(CONTEXT_HEADING.len() + 1);
    let context = combined_context(&lookup, agent, high_importance, max_chars);
    let card = lookup.card.unwrap_or_default();
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
            caller_name: truncate(card.caller_name.unwrap_or_default(), MAX_TEXT_CHARS),
            memory_context: with_heading(&context),
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
