//! The caller card: what one agent needs to greet one caller, worked out from the call and what was
//! known before.

use common::call::AgentId;
use common::memory::{
    CallerCard, Change, MAX_OPEN_ISSUES, MemoryId, ShareableMemory, is_nobody, welcome_back,
};

use crate::Known;
use crate::record::Record;

/// The card after this call.
pub(crate) fn of(record: &Record, known: &Known, agent: &AgentId) -> CallerCard {
    let earlier = known.card.clone().unwrap_or_default();
    let caller_name = record
        .caller_name
        .clone()
        .or(earlier.caller_name.filter(|name| !is_nobody(name)));
    let language = record.language.clone().or_else(|| {
        known
            .profile
            .as_ref()
            .and_then(|profile| profile.language.clone())
    });
    CallerCard {
        greeting: greeting(record, caller_name.as_deref(), language.as_deref(), known),
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
        caller_name,
        language,
    }
}

fn greeting(record: &Record, name: Option<&str>, language: Option<&str>, known: &Known) -> String {
    if !record.greeting.is_empty() {
        return record.greeting.clone();
    }
    let agents_own = || {
        known
            .profile
            .as_ref()
            .and_then(|profile| profile.first_message.clone())
    };
    welcome_back(name, language)
        .or_else(agents_own)
        .unwrap_or_default()
}

/// What was told to this agent and still holds, one line each. What other agents know is added
/// while the phone rings.
fn memory_context(record: &Record, known: &Known, agent: &AgentId) -> String {
    let retired: Vec<&MemoryId> = record
        .memories
        .iter()
        .filter_map(|memory| memory.change.superseded())
        .collect();
    // A repetition of what another agent was told is new to this one.
    let is_known = |id: &MemoryId| {
        known
            .memories
            .iter()
            .any(|memory| memory.id == *id && memory.agent_id.as_ref() == Some(agent))
    };
    let is_new = |change: &Change| !matches!(change, Change::Repeats(id) if is_known(id));
    let new = record
        .memories
        .iter()
        .filter(|memory| is_new(&memory.change));
    let new = new.map(|memory| ShareableMemory {
        content: &memory.content,
        importance: memory.importance,
        category: Some(memory.category),
        is_pinned: false,
        said_at: Some(memory.said_at.unwrap_or(record.call_at)),
    });
    let earlier = known
        .memories
        .iter()
        .filter(|memory| memory.agent_id.as_ref() == Some(agent) && !retired.contains(&&memory.id));
    let tellable: Vec<ShareableMemory<'_>> =
        new.chain(earlier.map(ShareableMemory::from)).collect();
    common::memory::memory_context(&tellable)
}
