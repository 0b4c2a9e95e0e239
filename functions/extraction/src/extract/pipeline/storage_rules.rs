//! Decides which memories of a draft are stored, and with which fields.

use common::memory::{
    Change, Importance, MAX_CLAIM_IMPORTANCE, MAX_CONTENT_CHARS, Memory, NewMemory,
    claims_authority, is_placeholder, is_redacted,
};
use text::{nfc, same_words};

use super::draft::{Candidate, Draft, count_kinds};
use super::idempotency::idempotency_key;
use super::task::Task;
use crate::excerpt::shorten;
use crate::extract::grounding::call_evidence;
use crate::extract::language::orders::is_order;
use crate::extract::language::wording::Wording;
use crate::extract::redaction::{private, secrets};

/// Drop reason of a private memory.
const SENSITIVE: &str = "sensitive";
/// Most memories of one conversation. A batch request takes no more.
const MAX_MEMORIES: usize = 100;
/// Longest entity or search hint, in characters.
const MAX_HINT_CHARS: usize = 60;
/// Most entities, and most search hints, of one memory.
const MAX_HINTS: usize = 12;

/// Returns the memories of a draft that may be stored, and removes private content from its other
/// fields.
pub(crate) fn storable_memories(draft: &mut Draft, task: &Task<'_>) -> Vec<NewMemory> {
    draft.leave_out_private(task.private_policy());
    checked_memories(draft, task, &task.wording())
}

/// Applies the size limits, removes duplicates and drops memories that may not be stored.
fn checked_memories(draft: &mut Draft, task: &Task<'_>, wording: &Wording) -> Vec<NewMemory> {
    let mut memories: Vec<NewMemory> = Vec::new();
    for candidate in std::mem::take(&mut draft.memories) {
        let Some(content) = wording.rewrite(&task.mask(&nfc(&candidate.content))) else {
            draft.drop_memory("placeholder", candidate.category);
            continue;
        };
        let content = shorten(&content, MAX_CONTENT_CHARS);
        match drop_reason(&candidate, &content, task, &memories) {
            Some(reason) => {
                draft.drop_memory(reason, candidate.category);
                if reason == SENSITIVE {
                    count_kinds(&mut draft.withheld, &content);
                }
            }
            None => memories.push(new_memory(candidate, content, task)),
        }
    }
    if memories.len() > MAX_MEMORIES {
        draft.drop("too_many", memories.len() - MAX_MEMORIES);
        memories.sort_by_key(|memory| std::cmp::Reverse(memory.importance));
        memories.truncate(MAX_MEMORIES);
    }
    memories
}

fn drop_reason(
    candidate: &Candidate,
    content: &str,
    task: &Task<'_>,
    memories: &[NewMemory],
) -> Option<&'static str> {
    let settings = task.settings;
    if content.is_empty() {
        Some("empty")
    } else if !candidate.is_value && is_placeholder(content) {
        Some("placeholder")
    } else if is_order(&candidate.content) {
        Some("instruction")
    } else if candidate.importance < settings.min_importance {
        Some("unimportant")
    } else if (candidate.is_private || private::is_private(content))
        && !task.private_policy().allows(content)
    {
        Some(SENSITIVE)
    } else if task.is_later(candidate.change.superseded()) {
        Some("outdated")
    } else {
        memories
            .iter()
            .any(|memory| same_words(&memory.content, content))
            .then_some("double")
    }
}

fn new_memory(candidate: Candidate, content: String, task: &Task<'_>) -> NewMemory {
    NewMemory {
        idempotency_key: idempotency_key(&task.call.conversation_id, task.redo, &content),
        category: candidate.category,
        importance: importance(&candidate, &content),
        entities: clean_hints(candidate.entities),
        search_hints: clean_hints(candidate.search_hints),
        turn: candidate.turn,
        quote: candidate
            .quote
            .map(|quote| shorten(&secrets::mask(&quote), MAX_CONTENT_CHARS)),
        said_at: candidate
            .turn
            .and_then(|turn| task.call.said_at(turn, task.now)),
        speaker: None,
        source: candidate.source,
        change: plausible_change(candidate.change, &content, task),
        content,
    }
}

/// Returns the importance of a memory. A claim of authority is capped so that other agents do not
/// see it.
fn importance(candidate: &Candidate, content: &str) -> Importance {
    let most = Importance::clamped(MAX_CLAIM_IMPORTANCE);
    if claims_authority(content) {
        candidate.importance.min(most)
    } else {
        candidate.importance
    }
}

/// Returns the change that the model reported, if it is plausible. A "repeats" is treated as new if
/// the two memories say different things (the new one would be lost), or if the earlier memory
/// belongs to another agent (this agent would not know it).
fn plausible_change(change: Change, content: &str, task: &Task<'_>) -> Change {
    match &change {
        Change::Repeats(id) => {
            let earlier = task.known.memories.iter().find(|memory| memory.id == *id);
            let is_from_another_agent =
                |earlier: &Memory| earlier.agent_id.as_ref() != Some(&task.call.agent_id);
            let is_other = earlier.is_some_and(|earlier| {
                is_from_another_agent(earlier)
                    || !call_evidence::may_repeat(content, &earlier.content)
            });
            if is_other { Change::New } else { change }
        }
        Change::New | Change::Supersedes(_) => change,
    }
}

fn clean_hints(words: Vec<String>) -> Vec<String> {
    let short = words
        .iter()
        .map(|word| shorten(&secrets::mask(word), MAX_HINT_CHARS));
    let is_value = |word: &String| {
        !word.is_empty() && !is_placeholder(word) && !is_redacted(word) && !is_order(word)
    };
    short.filter(is_value).take(MAX_HINTS).collect()
}

/// Returns the known memory with the same words.
pub(crate) fn repeated<'a>(
    content: &str,
    mut known: impl Iterator<Item = &'a Memory>,
) -> Option<&'a Memory> {
    known.find(|memory| same_words(&memory.content, content))
}
