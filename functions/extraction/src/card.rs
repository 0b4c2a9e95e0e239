//! Composes the caller card from the call and what was known before.

use common::call::AgentId;
use common::memory::{
    CallerCard, Change, MAX_OPEN_ISSUES, MemoryId, ShareableMemory, welcome_back,
};

use crate::PriorKnowledge;
use crate::record::Record;

/// Composes the card that `agent` gets after this call.
pub(crate) fn compose(record: &Record, known: &PriorKnowledge, agent: &AgentId) -> CallerCard {
    let earlier = known.card.clone().unwrap_or_default();
    let named = match record.caller_name.as_deref() {
        Some(name) => earlier.with_name(name, record.call_at, &record.conversation_id),
        None => earlier,
    };
    let language = record.language.clone().or_else(|| {
        known
            .profile
            .as_ref()
            .and_then(|profile| profile.language.clone())
    });
    CallerCard {
        greeting: greeting(record, &named, language.as_deref(), known),
        memory_context: memory_context(record, known, agent),
        last_summary: record.summary.clone(),
        last_call_at: Some(record.call_at),
        last_conversation_id: Some(record.conversation_id.clone()),
        open_issues: record
            .open_issues
            .iter()
            .take(MAX_OPEN_ISSUES)
            .cloned()
            .collect(),
        caller_name: named.caller_name,
        names: named.names,
        language,
        channels: named
            .channels
            .into_iter()
            .filter(|known| Some(*known) != record.channel)
            .chain(record.channel)
            .collect(),
    }
}

fn greeting(
    record: &Record,
    named: &CallerCard,
    language: Option<&str>,
    known: &PriorKnowledge,
) -> String {
    let profile = known.profile.as_ref();
    let template = if named.is_shared() {
        // A greeting that the model wrote may tell one person what another one said.
        named.question(language)
    } else if record.greeting.is_empty() {
        welcome_back(named.caller_name.as_deref(), language)
    } else {
        Some(record.greeting.clone())
    };
    template
        .or_else(|| profile.and_then(|profile| profile.first_message.clone()))
        .unwrap_or_default()
}

/// Lists this agent's current memories, one line each. client-data adds those of other agents when
/// the phone rings.
fn memory_context(record: &Record, known: &PriorKnowledge, agent: &AgentId) -> String {
    let retired: Vec<&MemoryId> = record
        .memories
        .iter()
        .filter_map(|memory| memory.change.superseded())
        .collect();
    let new = record
        .memories
        .iter()
        .filter(|memory| !repeats_own_memory(&memory.change, known, agent))
        .map(|memory| ShareableMemory {
            content: &memory.content,
            importance: memory.importance,
            category: Some(memory.category),
            is_pinned: false,
            speaker: memory.speaker.as_deref(),
            said_at: Some(memory.said_at.unwrap_or(record.call_at)),
        });
    let earlier = known
        .memories
        .iter()
        .filter(|memory| memory.agent_id.as_ref() == Some(agent) && !retired.contains(&&memory.id))
        .map(ShareableMemory::from);
    let memories: Vec<ShareableMemory<'_>> = new.chain(earlier).collect();
    common::memory::memory_context(&memories)
}

/// Whether a memory repeats one of this agent's. A repetition of another agent's memory is new to
/// this agent.
fn repeats_own_memory(change: &Change, known: &PriorKnowledge, agent: &AgentId) -> bool {
    let Change::Repeats(id) = change else {
        return false;
    };
    known
        .memories
        .iter()
        .any(|memory| memory.id == *id && memory.agent_id.as_ref() == Some(agent))
}
