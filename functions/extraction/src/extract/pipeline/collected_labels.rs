//! Labels of collected values. Each such memory keeps its label as a search hint, so that a later
//! value of the same agent and label supersedes it and no other value does.

use common::call::AgentId;
use common::memory::{Change, Memory};

use super::storage_rules::repeated;

/// Returns the label of a data collection item, in lower case with blanks.
pub(crate) fn from_id(id: &str) -> String {
    id.replace(['_', '-'], " ")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase()
}

/// Returns the memory text of a collected value.
pub(crate) fn memory_text(label: &str, value: &str) -> String {
    format!("{}{value}", prefix(label))
}

/// Returns how a statement changes what this agent knows. The same words repeat a memory; another
/// value with the same label supersedes it.
pub(crate) fn change(content: &str, hints: &[String], known: &[Memory], agent: &AgentId) -> Change {
    let own = || {
        known
            .iter()
            .filter(|memory| memory.agent_id.as_ref() == Some(agent))
    };
    if let Some(same) = repeated(content, own()) {
        return Change::Repeats(same.id.clone());
    }
    let label = hints.iter().find(|hint| content.starts_with(&prefix(hint)));
    let earlier = label.and_then(|label| own().find(|memory| has_label(memory, label)));
    earlier.map_or(Change::New, |earlier| {
        Change::Supersedes(earlier.id.clone())
    })
}

fn has_label(memory: &Memory, label: &str) -> bool {
    let Some(value) = memory.content.strip_prefix(&prefix(label)) else {
        return false;
    };
    // Earlier versions stored no label. Then leave alone any value that could be the end of a
    // longer label.
    if memory.search_hints.is_empty() {
        !value.contains(": ")
    } else {
        memory.search_hints.iter().any(|hint| hint == label)
    }
}

fn prefix(label: &str) -> String {
    format!("The caller’s {label}: ")
}
