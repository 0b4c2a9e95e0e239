use secrecy::SecretString;
use serde_json::Map;

use super::*;
use crate::memory::{AgentId, CallerId};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn id(text: &str) -> MemoryId {
    MemoryId::parse(text).unwrap()
}

fn memory(name: &str, importance: u8) -> Memory {
    Memory {
        id: id(name),
        agent_id: AgentId::parse("support").unwrap(),
        caller_id: CallerId::parse("+12025550101").unwrap(),
        content: format!("Has {name}"),
        metadata: Map::new(),
        importance,
        reinforcement_count: 1,
        created_at: NOW,
        updated_at: NOW,
        happened_at: NOW,
        expires_at: None,
        superseded: None,
        told_as: None,
    }
}

fn keys() -> Keys {
    Keys::new(SecretString::from("a pepper for tests"))
}

/// A copy of a caller with these stored memories.
fn copy(memories: &[Memory]) -> WorkingCopy {
    let stored = memories.iter().zip(1..).map(|(memory, seq)| StoredMemory {
        seq,
        memory: memory.clone(),
        claim: String::new(),
    });
    let partition = keys().partition(&CallerId::parse("+12025550101").unwrap());
    WorkingCopy::new(partition, CallerState::default(), stored)
}

/// The number of actions that write the changes.
fn actions(copy: &WorkingCopy) -> usize {
    let mut actions = Actions::new("table");
    copy.write(&mut actions, &keys()).unwrap();
    actions.into_items().len()
}

fn remaining(copy: &WorkingCopy) -> Vec<&str> {
    copy.remaining()
        .map(|stored| stored.memory.id.as_str())
        .collect()
}

#[test]
fn a_new_memory_is_written_with_its_pointer() {
    let mut copy = copy(&[memory("a", 5)]);
    assert!(!copy.is_changed());
    copy.apply(&Change::Insert(Box::new(memory("b", 5))), NOW);
    assert!(copy.is_changed());
    assert_eq!(remaining(&copy), ["a", "b"]);
    assert_eq!(actions(&copy), 3, "the state, the memory and the pointer");
}

#[test]
fn a_memory_that_is_stored_and_evicted_at_once_is_not_written() {
    let mut copy = copy(&[]);
    copy.apply(&Change::Insert(Box::new(memory("a", 5))), NOW);
    copy.apply(&Change::Evict(id("a")), NOW);
    assert!(!copy.is_changed());
    assert!(remaining(&copy).is_empty());
}

#[test]
fn a_memory_that_is_reinforced_twice_is_updated_once() {
    let mut copy = copy(&[memory("a", 5)]);
    let reinforce = |expires_at| Change::Reinforce {
        id: id("a"),
        at: NOW,
        expires_at,
    };
    copy.apply(&reinforce(None), NOW);
    copy.apply(&reinforce(None), NOW);
    assert_eq!(actions(&copy), 2, "the pointer has no expiry to change");
    assert_eq!(
        copy.remaining().next().unwrap().memory.reinforcement_count,
        3
    );
    copy.apply(&reinforce(Some(Timestamp::MAX)), NOW);
    assert_eq!(actions(&copy), 3);
}

#[test]
fn the_history_keeps_what_was_superseded_last() {
    let mut copy = copy(&[memory("a", 5), memory("b", 5), memory("c", 5)]);
    for (at, name) in [(3, "a"), (1, "b"), (2, "c")] {
        let supersede = Change::Supersede {
            id: id(name),
            by: id("d"),
            at: Timestamp::from_second(at).unwrap(),
            expires_at: None,
        };
        copy.apply(&supersede, NOW);
    }
    let trim = Change::TrimHistory {
        agent_id: AgentId::parse("support").unwrap(),
        caller_id: CallerId::parse("+12025550101").unwrap(),
        most: 2,
    };
    copy.apply(&trim, NOW);
    assert_eq!(remaining(&copy), ["a", "c"]);
}

#[test]
fn expired_and_superseded_memories_do_not_count() {
    let mut expired = memory("a", 1);
    expired.expires_at = Some(NOW);
    let mut copy = copy(&[expired, memory("b", 2), memory("c", 1), memory("d", 1)]);
    let supersede = Change::Supersede {
        id: id("c"),
        by: id("d"),
        at: NOW,
        expires_at: None,
    };
    copy.apply(&supersede, NOW);
    let quota = copy.quota(&AgentId::parse("support").unwrap(), 1, 2, NOW);
    assert_eq!(quota.active, 2);
    assert_eq!(quota.eviction_candidates[0].id, id("d"));
}

#[test]
fn an_edit_writes_only_the_memory_and_the_state() {
    let mut copy = copy(&[memory("a", 5), memory("b", 5)]);
    let edit = Edit {
        importance: Some(9),
        metadata: Map::new(),
        happened_at: None,
    };
    let edited = copy.edit(&id("a"), &edit, NOW).unwrap();
    assert_eq!(edited.importance, 9);
    assert_eq!(actions(&copy), 2);
    assert!(copy.edit(&id("c"), &edit, NOW).is_none());
}

#[test]
fn a_pinned_memory_counts_but_is_no_eviction_candidate() {
    let mut pinned = memory("a", 1);
    pinned.metadata.insert("pinned".to_owned(), true.into());
    let copy = copy(&[pinned, memory("b", 5)]);
    let quota = copy.quota(&AgentId::parse("support").unwrap(), 1, 1, NOW);
    assert_eq!(quota.active, 2);
    let candidates: Vec<&MemoryId> = quota
        .eviction_candidates
        .iter()
        .map(|one| &one.id)
        .collect();
    assert_eq!(candidates, [&id("b")]);
}
