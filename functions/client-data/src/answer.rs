//! What the agent is told. The same variables whoever calls and whatever failed: ElevenLabs refuses
//! a call whose variables are incomplete.

use common::call::AgentId;
use common::memory::{
    AgentProfile, CONTEXT_HEADING, CallerCard, Importance, Memory, ShareableMemory, Words,
    fit_lines, is_told_to, memory_context, welcome_back, with_heading,
};
use common::settings::{GreetingDelivery, GreetingSettings};
use common::template::{neutral, serialize_neutral};
use serde::Serialize;

/// Longest of the texts but for `memory_context`, in characters.
const MAX_TEXT: usize = 1000;
/// What other agents were told takes at most one part in so many of `memory_context`.
const PART_OF_OTHERS: usize = 2;

/// The answer, of type `conversation_initiation_client_data`.
#[derive(Debug, Serialize)]
pub struct ClientDataResponse {
    #[serde(rename = "type")]
    kind: &'static str,
    dynamic_variables: DynamicVariables,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation_config_override: Option<ConfigOverride>,
}

/// The variables that an agent's texts may use.
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
    /// By which the search tool knows the user of a web session; only where the deployment trusts
    /// it.
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
    /// With the user of a web session, empty for a call: a variable that the agent uses must come,
    /// or the call is refused.
    #[must_use]
    pub fn with_user_id(mut self, id: &str) -> Self {
        self.dynamic_variables.user_id = Some(neutral(id).into_owned());
        self
    }
}

/// What the store knew in time.
#[derive(Default)]
pub(crate) struct Recalled {
    pub(crate) card: Option<CallerCard>,
    pub(crate) profile: Option<AgentProfile>,
    /// The most important memories of this caller, whomever they were told to.
    pub(crate) everywhere: Vec<Memory>,
}

impl Recalled {
    pub(crate) fn knows_caller(&self) -> bool {
        self.card.is_some() || !self.everywhere.is_empty()
    }
}

pub(crate) fn compose(
    recalled: Recalled,
    agent: Option<&AgentId>,
    settings: &GreetingSettings,
    high_importance: Importance,
) -> ClientDataResponse {
    let known = recalled.knows_caller();
    let greeting = greeting(&recalled, settings);
    let room = settings
        .memory_context_chars
        .saturating_sub(CONTEXT_HEADING.len() + 1);
    let memory_context = with_heading(&told(&recalled, agent, high_importance, room));
    let card = recalled.card.unwrap_or_default();
    // ElevenLabs wants no override rather than an empty one.
    let override_wanted =
        known && settings.delivery != GreetingDelivery::Variable && !greeting.is_empty();
    ClientDataResponse {
        kind: "conversation_initiation_client_data",
        conversation_config_override: override_wanted.then(|| ConfigOverride {
            agent: AgentOverride {
                first_message: greeting.clone(),
            },
        }),
        dynamic_variables: DynamicVariables {
            greeting,
            caller_known: if known { "true" } else { "false" },
            caller_name: cut(card.caller_name.unwrap_or_default(), MAX_TEXT),
            memory_context,
            last_call_summary: cut(card.last_summary, MAX_TEXT),
            last_call_at: card
                .last_call_at
                .map(|at| at.to_string())
                .unwrap_or_default(),
            open_issues: cut(card.open_issues.join("; "), MAX_TEXT),
            user_id: None,
        },
    }
}

/// The greeting written after the last call with this agent; a template for a caller whom only
/// other agents know, because a number can be forged and what was told to another agent is not read
/// out; the agent's own first words for a stranger.
fn greeting(recalled: &Recalled, settings: &GreetingSettings) -> String {
    let first_message = || {
        let own = recalled
            .profile
            .as_ref()
            .and_then(|profile| profile.first_message.clone());
        own.unwrap_or_else(|| settings.default_greeting.clone())
    };
    if !recalled.knows_caller() {
        return first_message();
    }
    let card = recalled.card.as_ref();
    let language = card.and_then(|card| card.language.as_deref()).or_else(|| {
        recalled
            .profile
            .as_ref()
            .and_then(|profile| profile.language.as_deref())
    });
    card.map(|card| card.greeting.trim())
        .filter(|greeting| !greeting.is_empty())
        .map(|greeting| cut(greeting.to_owned(), MAX_TEXT))
        .or_else(|| welcome_back(card.and_then(|card| card.caller_name.as_deref()), language))
        .unwrap_or_else(first_message)
}

/// What an agent is told of the caller: what was told to this agent, and the important memories of
/// others.
fn told(
    recalled: &Recalled,
    agent: Option<&AgentId>,
    high_importance: Importance,
    max_chars: usize,
) -> String {
    let card = recalled.card.as_ref();
    let of_this_agent = card
        .map(|card| card.memory_context.trim())
        .unwrap_or_default();
    // The card already holds what was told to this agent.
    let of_others = |memory: &&Memory| {
        (card.is_none() || memory.agent_id.as_ref() != agent) && is_told_to(memory, agent)
    };
    let important = recalled
        .everywhere
        .iter()
        .filter(|memory| memory.importance >= high_importance);
    // Several agents may have been told the same.
    let lines = of_this_agent
        .lines()
        .map(|line| line.strip_prefix("- ").unwrap_or(line));
    let known: Vec<Words<'_>> = lines.map(Words::of).collect();
    let is_new = |memory: &&Memory| !known.contains(&Words::of(memory.content.trim()));
    let of_others: Vec<ShareableMemory<'_>> = important
        .filter(of_others)
        .filter(is_new)
        .map(ShareableMemory::from)
        .collect();
    let of_others = fit_lines(&memory_context(&of_others), max_chars / PART_OF_OTHERS);
    if of_others.is_empty() {
        return fit_lines(of_this_agent, max_chars);
    }
    let of_this_agent = fit_lines(of_this_agent, max_chars - of_others.chars().count() - 1);
    [of_this_agent, of_others]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

/// At most so many characters.
fn cut(text: String, max_chars: usize) -> String {
    match text.char_indices().nth(max_chars) {
        Some((end, _)) => text[..end].to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests;
