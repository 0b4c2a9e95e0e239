//! Memories from the data collection items that `connect` adds: name, form of address, preferences,
//! facts, open requests, and the appointment or order.

mod entries;
mod prefixes;

use common::elevenlabs::collection::CollectedItem;
use common::memory::{
    Category, Change, Importance, Source, is_without_value, speakable_name, spoken_name,
};
use text::words;

use super::draft::{Candidate, Draft};
use super::storage_rules::repeated;
use super::task::Task;
use crate::extract::grounding::call_evidence::CallEvidence;
use crate::extract::language::introductions;
use crate::extract::language::orders::is_order;
use crate::small_talk::{clear_language_of, is_known};
use entries::{entries, name_entry};

/// Most words of a form of address that can be a name.
const MAX_NAME_WORDS: usize = 4;

/// Adds the items of a call to a draft: memories, open issues, and the name to speak. Returns
/// whether they added a memory about anything other than the name.
pub(crate) fn add(draft: &mut Draft, evidence: &CallEvidence<'_>, task: &Task<'_>) -> bool {
    let before = draft.memories.len();
    let mut named = 0;
    for (item, value) in task.call.analysis.collected_items() {
        match item {
            CollectedItem::Name => named += usize::from(add_name(draft, &value, evidence, task)),
            CollectedItem::FormOfAddress => {
                named += usize::from(add_form_of_address(draft, &value, evidence, task))
            }
            _ => add_entries(draft, item, &value, evidence, task),
        }
    }
    draft.memories.len() - before > named
}

/// Adds the name that the caller gave. The first name is the one to speak.
fn add_name(draft: &mut Draft, value: &str, evidence: &CallEvidence<'_>, task: &Task<'_>) -> bool {
    let Some(entry) = name_entry(value) else {
        return false;
    };
    if is_order(&entry) {
        draft.drop("instruction", 1);
        return false;
    }
    let spoken = introductions::given_name(&entry);
    let Some(given) = spoken.as_deref().or_else(|| speakable_name(&entry)) else {
        return false;
    };
    let is_given = |name: &str| evidence.is_empty() || evidence.gives_name(name);
    if !is_given(given) && !is_given(&entry) {
        draft.drop_memory("unsupported", Category::Factual);
        return false;
    }
    draft.caller_name = spoken.or(draft.caller_name.take());
    draft
        .memories
        .push(singleton_memory(CollectedItem::Name, &entry, task));
    true
}

/// Adds a form of address. A name becomes the name to speak; any other form, such as "du", is only
/// a preference.
fn add_form_of_address(
    draft: &mut Draft,
    value: &str,
    evidence: &CallEvidence<'_>,
    task: &Task<'_>,
) -> bool {
    let [entry] = &entries(value)[..] else {
        return false;
    };
    if let Some(name) = name_to_speak(entry, evidence) {
        draft.caller_name = Some(name);
    } else if let Some(reason) = evidence
        .rejection_reason(entry, false)
        .filter(|_| !is_generic_form(entry))
    {
        draft.drop_memory(reason, Category::Preference);
        return false;
    }
    draft
        .memories
        .push(singleton_memory(CollectedItem::FormOfAddress, entry, task));
    true
}

/// Returns the name in a form of address, if it was given in the call and is not a word such as
/// "first name".
fn name_to_speak(entry: &str, evidence: &CallEvidence<'_>) -> Option<String> {
    let is_name = words(entry).count() <= MAX_NAME_WORDS
        && entry.chars().any(char::is_uppercase)
        && !is_generic_form(entry)
        && (evidence.is_empty()
            || (evidence.gives_name(entry) && evidence.is_written_as_name(entry)));
    if is_name { spoken_name(entry) } else { None }
}

/// Returns whether an entry has only grammar words and words for names: "du", "by first name".
fn is_generic_form(entry: &str) -> bool {
    words(entry).all(|word| is_known(&word) || is_without_value(&word))
}

fn add_entries(
    draft: &mut Draft,
    item: CollectedItem,
    value: &str,
    evidence: &CallEvidence<'_>,
    task: &Task<'_>,
) {
    let (category, importance) = category_and_importance(item);
    // For these items the agent's words count: agents say when the appointment is and what they
    // could not settle.
    let agent_counts = matches!(item, CollectedItem::OpenRequests | CollectedItem::Order);
    for entry in entries(value) {
        let reason = if is_order(&entry) {
            Some("instruction")
        } else {
            evidence.rejection_reason(&entry, agent_counts)
        };
        if let Some(reason) = reason {
            draft.drop_memory(reason, category);
            continue;
        }
        let entry = task.mask(&entry);
        let content = prefixes::with_prefix(item, &entry, &language(&entry, task));
        let own = task
            .known
            .memories
            .iter()
            .filter(|known| known.agent_id.as_ref() == Some(&task.call.agent_id));
        let change =
            repeated(&content, own).map_or(Change::New, |same| Change::Repeats(same.id.clone()));
        draft
            .memories
            .push(candidate(item, content, change, category, importance));
        if item == CollectedItem::OpenRequests {
            draft.open_issues.push(entry);
        }
    }
}

/// Makes a memory that each caller has only once: a later one supersedes this agent's earlier one.
fn singleton_memory(item: CollectedItem, entry: &str, task: &Task<'_>) -> Candidate {
    let (category, importance) = category_and_importance(item);
    let content = prefixes::with_prefix(item, &task.mask(entry), &language(entry, task));
    let own = || {
        task.known
            .memories
            .iter()
            .filter(|known| known.agent_id.as_ref() == Some(&task.call.agent_id))
    };
    let change = match repeated(&content, own()) {
        Some(same) => Change::Repeats(same.id.clone()),
        None => own()
            .find(|known| prefixes::has_prefix(item, &known.content))
            .map_or(Change::New, |earlier| {
                Change::Supersedes(earlier.id.clone())
            }),
    };
    candidate(item, content, change, category, importance)
}

fn candidate(
    item: CollectedItem,
    content: String,
    change: Change,
    category: Category,
    importance: i64,
) -> Candidate {
    Candidate {
        content,
        is_private: false,
        category,
        importance: Importance::clamped(importance),
        entities: Vec::new(),
        search_hints: vec![item.title().to_owned()],
        turn: None,
        quote: None,
        source: Source::Analysis,
        change,
        is_value: true,
    }
}

fn category_and_importance(item: CollectedItem) -> (Category, i64) {
    match item {
        CollectedItem::Name | CollectedItem::Order => (Category::Factual, 7),
        CollectedItem::FormOfAddress | CollectedItem::Preferences => (Category::Preference, 7),
        CollectedItem::Facts => (Category::Factual, 6),
        CollectedItem::OpenRequests => (Category::Issue, 7),
    }
}

/// Returns the language of a text if it is clear, otherwise that of the call.
fn language(text: &str, task: &Task<'_>) -> String {
    clear_language_of(text)
        .or(task.call.language())
        .unwrap_or("en")
        .to_owned()
}

#[cfg(test)]
mod cases;
