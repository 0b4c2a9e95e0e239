//! Records who made the statements of a call, if the call reveals it.

use common::memory::{Change, Memory, NewMemory, may_be_one_person};

/// Records the caller of the call as the speaker of its memories. A statement of one person neither
/// repeats nor supersedes what another person said of themselves.
pub(crate) fn record_speaker(memories: &mut [NewMemory], name: Option<&str>, known: &[Memory]) {
    let Some(name) = name else {
        return;
    };
    for memory in memories {
        memory.speaker = Some(name.to_owned());
        keep_apart(memory, known);
    }
}

/// Makes a memory new that would change a memory of another speaker.
pub(super) fn keep_apart(memory: &mut NewMemory, known: &[Memory]) {
    let (Change::Repeats(id) | Change::Supersedes(id)) = &memory.change else {
        return;
    };
    let earlier = known.iter().find(|earlier| earlier.id == *id);
    let is_of_another_speaker = earlier
        .and_then(|earlier| earlier.speaker.as_deref())
        .zip(memory.speaker.as_deref())
        .is_some_and(|(earlier, speaker)| !may_be_one_person(earlier, speaker));
    if is_of_another_speaker {
        memory.change = Change::New;
    }
}

#[cfg(test)]
mod tests {
    use common::memory::{Category, Importance, MemoryId, Source};

    use super::*;

    fn known(speaker: Option<&str>) -> Memory {
        Memory {
            id: MemoryId("m1".to_owned()),
            content: "Eats meat.".to_owned(),
            relevance: 1.0,
            importance: Importance::MIDDLE,
            category: None,
            search_hints: Vec::new(),
            timestamp: None,
            conversation_id: None,
            agent_id: None,
            channel: None,
            reinforcement_count: 1,
            is_pinned: false,
            speaker: speaker.map(str::to_owned),
            superseded_at: None,
        }
    }

    fn said(change: Change) -> NewMemory {
        NewMemory {
            content: "Is vegetarian.".to_owned(),
            category: Category::Preference,
            importance: Importance::MIDDLE,
            entities: Vec::new(),
            search_hints: Vec::new(),
            turn: None,
            quote: None,
            said_at: None,
            speaker: None,
            source: Source::Transcript,
            change,
            idempotency_key: "key".to_owned(),
        }
    }

    #[test]
    fn a_statement_changes_no_memory_of_another_speaker() {
        let id = || MemoryId("m1".to_owned());
        for change in [Change::Supersedes(id()), Change::Repeats(id())] {
            for (earlier, speaker, is_kept) in [
                (Some("Dana"), Some("Tom"), false),
                (Some("Dana"), Some("Diana"), true),
                (Some("Dana"), None, true),
                (None, Some("Tom"), true),
            ] {
                let mut memories = [said(change.clone())];
                record_speaker(&mut memories, speaker, &[known(earlier)]);
                let expected = if is_kept { &change } else { &Change::New };
                assert_eq!(memories[0].change, *expected, "{earlier:?} {speaker:?}");
                assert_eq!(memories[0].speaker.as_deref(), speaker);
            }
        }
    }
}
