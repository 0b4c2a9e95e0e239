//! Collected values: each memory of one holds the label under which it was collected as a search
//! hint, so that a later value of the same agent and label takes its place and no other does.

use common::call::AgentId;
use common::memory::{Change, Memory};

use super::repeated;

/// The label of a data collection item, as it is written.
pub(super) fn label(id: &str) -> String {
    id.replace(['_', '-'], " ")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase()
}

/// What is remembered of a value.
pub(super) fn content(label: &str, value: &str) -> String {
    format!("{}{value}", beginning(label))
}

/// How a statement stands to what this agent knows: the same words are a repetition, another value
/// of the same label takes the place of the earlier one.
pub(super) fn change(content: &str, hints: &[String], known: &[Memory], agent: &AgentId) -> Change {
    let own = || {
        known
            .iter()
            .filter(|memory| memory.agent_id.as_ref() == Some(agent))
    };
    if let Some(same) = repeated(content, own()) {
        return Change::Repeats(same.id.clone());
    }
    let label = hints
        .iter()
        .find(|hint| content.starts_with(&beginning(hint)));
    let earlier = label.and_then(|label| own().find(|memory| is_collected_as(memory, label)));
    earlier.map_or(Change::New, |earlier| {
        Change::Supersedes(earlier.id.clone())
    })
}

fn is_collected_as(memory: &Memory, label: &str) -> bool {
    let Some(value) = memory.content.strip_prefix(&beginning(label)) else {
        return false;
    };
    // Earlier versions stored no label: then a value that could be the end of a longer label is
    // left alone.
    if memory.search_hints.is_empty() {
        !value.contains(": ")
    } else {
        memory.search_hints.iter().any(|hint| hint == label)
    }
}

fn beginning(label: &str) -> String {
    format!("The caller’s {label}: ")
}
