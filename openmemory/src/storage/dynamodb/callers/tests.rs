use secrecy::SecretString;
use serde_json::{Map, Value, json};

use super::super::keys::Keys;
use super::super::memory_item::StoredMemory;
use super::super::profile_item;
use super::*;
use crate::memory::{AgentId, Memory, MemoryId, Superseded};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn keys() -> Keys {
    Keys::new(SecretString::from("a pepper for tests"))
}

fn caller(id: &str) -> CallerId {
    CallerId::parse_or_any(id).unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn memory(caller_id: &str, seq: i64) -> Memory {
    Memory {
        id: MemoryId::parse(&format!("mem_{seq}")).unwrap(),
        agent_id: AgentId::parse("support").unwrap(),
        caller_id: caller(caller_id),
        content: "Has a dog".to_owned(),
        metadata: Map::new(),
        importance: 5,
        reinforcement_count: 1,
        created_at: at(seq),
        updated_at: at(seq),
        happened_at: at(seq),
        expires_at: None,
        superseded: None,
        told_as: None,
    }
}

fn item(seq: i64, memory: Memory) -> Item {
    let partition = keys().partition(&memory.caller_id);
    let stored = StoredMemory {
        seq,
        memory,
        claim: String::new(),
    };
    stored.to_item(&partition, None).unwrap()
}

fn profile(caller_id: &str, data: Value) -> Item {
    let profile = Profile {
        agent_id: AgentId::parse("support").unwrap(),
        caller_id: caller(caller_id),
        data: data.as_object().unwrap().clone(),
        created_at: at(1),
        updated_at: at(1),
        expires_at: at(1_000),
    };
    profile_item::to_item(&profile, &keys()).unwrap()
}

fn query(limit: usize, after: Option<String>) -> CallerQuery {
    CallerQuery {
        after,
        text: String::new(),
        limit,
    }
}

/// Reads the items as one page. From item `ends_at` on, the page ends with the next caller.
fn read(query: &CallerQuery, items: &[Item], ends_at: usize) -> CallerPage {
    let mut listing = Listing::new(query, NOW);
    for (position, item) in items.iter().enumerate() {
        if listing.add(item, position >= ends_at).unwrap() {
            return listing.page;
        }
    }
    listing.finish_caller();
    listing.page
}

fn ids(page: &CallerPage) -> Vec<&str> {
    let callers = page.callers.iter();
    callers.map(|caller| caller.caller_id.as_str()).collect()
}

#[test]
fn the_items_of_a_partition_are_one_caller() {
    let dana = profile("a", json!({ "caller_name": "Dana" }));
    let items = [item(3, memory("a", 3)), item(7, memory("a", 7)), dana];
    let page = read(&query(50, None), &items, 99);
    assert_eq!(page.next, None);
    let [caller] = &page.callers[..] else {
        panic!("one caller: {page:?}")
    };
    assert_eq!((caller.memories, caller.last_seen), (2, Some(at(7))));
    assert_eq!(caller.names, ["Dana"]);
}

#[test]
fn a_full_page_continues_after_its_last_caller() {
    let items = [
        item(1, memory("a", 1)),
        item(2, memory("a", 2)),
        item(3, memory("b", 3)),
        item(4, memory("c", 4)),
    ];
    let first = read(&query(1, None), &items, 99);
    assert_eq!(ids(&first), ["a"]);
    let rest = query(50, first.next.clone());
    let start = start_after(first.next.as_deref().unwrap());
    let last = Fields::new(&items[1], "key");
    let key = Fields::new(&start, "key");
    assert_eq!(key.text(PK).unwrap(), last.text(PK).unwrap());
    assert_eq!(key.text(SK).unwrap(), last.text(SK).unwrap());
    // A memory that was added in between belongs to a caller of the page before.
    let mut added = vec![item(9, memory("a", 9))];
    added.extend_from_slice(&items[2..]);
    let second = read(&rest, &added, 99);
    assert_eq!((ids(&second), second.next.clone()), (vec!["b", "c"], None));
}

#[test]
fn a_page_that_has_read_enough_ends_when_a_caller_is_complete() {
    let items = [
        item(1, memory("a", 1)),
        item(2, memory("a", 2)),
        item(3, memory("b", 3)),
    ];
    let page = read(&query(50, None), &items, 1);
    assert_eq!((page.callers[0].memories, page.callers.len()), (2, 1));
    assert!(page.next.is_some());
}

#[test]
fn nobody_and_callers_without_active_entries_are_left_out() {
    let mut expired = memory("a", 1);
    expired.expires_at = Some(NOW);
    let mut superseded = memory("b", 2);
    superseded.superseded = Some(Superseded {
        by: MemoryId::parse("mem_3").unwrap(),
        at: at(3),
    });
    let agents_own = profile("*", json!({ "name": "Support" }));
    let items = [item(1, expired), item(2, superseded), agents_own];
    let page = read(&query(50, None), &items, 99);
    assert_eq!(page, CallerPage::default());
}

#[test]
fn a_cursor_of_another_form_is_taken_for_a_partition() {
    for cursor in ["+12025550142", "a ", " b"] {
        let start = start_after(cursor);
        let key = Fields::new(&start, "key");
        assert_eq!(
            (key.text(PK).unwrap(), key.text(SK).unwrap()),
            (cursor, HEAD)
        );
    }
}
