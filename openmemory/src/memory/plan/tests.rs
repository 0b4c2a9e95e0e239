use serde_json::Map;

use super::*;
use crate::memory::{AgentId, Fingerprint};

const RULES: Rules = Rules {
    similarity_threshold: 0.85,
    max_memories_per_agent: 3,
};

fn caller(id: &str) -> CallerId {
    CallerId::parse(id).unwrap()
}

fn id(text: &str) -> MemoryId {
    MemoryId::parse(text).unwrap()
}

fn draft(memory: &str, content: &str) -> Draft {
    Draft {
        id: id(memory),
        agent_id: AgentId::parse("support").unwrap(),
        caller_id: caller("+12025550101"),
        aliases: Vec::new(),
        told_as: None,
        content: content.to_owned(),
        metadata: Map::new(),
        importance: 5,
        happened_at: None,
        expires_at: None,
        key: None,
        older_fingerprints: Vec::new(),
        relation: None,
        vector: None,
    }
}

fn key(position: i64, fingerprint: &str) -> (IdempotencyKey, Fingerprint) {
    (
        IdempotencyKey {
            key: "k".to_owned(),
            position,
        },
        Fingerprint(fingerprint.to_owned()),
    )
}

fn loaded_state(contents: &[(&str, &str)]) -> LoadedState {
    let memories: Vec<Memory> = contents
        .iter()
        .map(|(id, content)| draft(id, content).into_memory(Timestamp::UNIX_EPOCH))
        .collect();
    let owners = memories
        .iter()
        .map(|memory| (memory.id.clone(), memory.caller_id.clone()))
        .collect();
    LoadedState {
        memories,
        owners,
        ..LoadedState::default()
    }
}

fn receipts(plan: &Plan) -> Vec<Receipt> {
    let accepted = |outcome: &Outcome| match outcome {
        Outcome::Accepted(receipt) => receipt.clone(),
        other => panic!("{other:?}"),
    };
    plan.outcomes.iter().map(accepted).collect()
}

fn run(drafts: Vec<Draft>, mut loaded: LoadedState) -> Plan {
    for memory in &loaded.memories {
        let quota = loaded
            .quotas
            .entry((memory.agent_id.clone(), memory.caller_id.clone()))
            .or_default();
        quota.active += 1;
        quota.eviction_candidates.push(memory.into());
    }
    plan(drafts, loaded, RULES, Timestamp::UNIX_EPOCH)
}

#[test]
fn a_repetition_within_a_batch_reinforces() {
    let plan = run(
        vec![draft("a", "Has a dog"), draft("b", "The caller has a dog.")],
        LoadedState::default(),
    );
    let receipts = receipts(&plan);
    assert_eq!(
        (receipts[0].action, receipts[1].action),
        (Action::Stored, Action::Reinforced)
    );
    assert_eq!(receipts[1].memory_id, id("a"));
    assert_eq!(receipts[1].similar[0].reinforcement_count, 2);
}

#[test]
fn another_callers_memory_is_never_a_duplicate() {
    let mut other = draft("b", "Has a dog");
    other.caller_id = caller("+12025550102");
    let plan = run(vec![draft("a", "Has a dog"), other], LoadedState::default());
    assert!(
        receipts(&plan)
            .iter()
            .all(|receipt| receipt.action == Action::Stored)
    );
}

#[test]
fn a_superseded_memory_is_linked_and_no_longer_compared() {
    let mut moved = draft("b", "Lives in Denver");
    moved.relation = Some(Relation::Supersedes(id("a")));
    let plan = run(
        vec![moved, draft("c", "Lives in Boston")],
        loaded_state(&[("a", "Lives in Boston")]),
    );
    let receipts = receipts(&plan);
    assert_eq!(
        (receipts[0].action, receipts[1].action),
        (Action::Superseded, Action::Stored)
    );
    assert!(plan.changes.contains(&Change::Supersede {
        id: id("a"),
        by: id("b"),
        at: Timestamp::UNIX_EPOCH,
        expires_at: None
    }));
}

#[test]
fn a_draft_that_names_a_deleted_memory_is_stored() {
    let mut one = draft("b", "Lives in Denver");
    one.relation = Some(Relation::Supersedes(id("gone")));
    let mut other = draft("c", "Has a dog");
    other.relation = Some(Relation::Reinforces(id("gone")));
    let plan = run(vec![one, other], LoadedState::default());
    assert!(
        receipts(&plan)
            .iter()
            .all(|receipt| receipt.action == Action::Stored)
    );
}

#[test]
fn another_callers_memory_cannot_be_named() {
    let mut foreign = draft("b", "Lives in Denver");
    foreign.caller_id = caller("+12025550102");
    foreign.relation = Some(Relation::Reinforces(id("a")));
    let plan = run(vec![foreign], loaded_state(&[("a", "Lives in Boston")]));
    assert_eq!(plan.outcomes, [Outcome::NoSuchMemory(id("a"))]);
    assert!(plan.changes.is_empty());
}

#[test]
fn a_key_seen_again_changes_nothing() {
    let mut first = draft("a", "Has a dog");
    first.key = Some(key(-1, "same"));
    let mut second = draft("b", "Has a dog");
    second.key = first.key.clone();
    let plan = run(vec![first, second], LoadedState::default());
    let receipts = receipts(&plan);
    assert_eq!(receipts[0], receipts[1]);
    assert_eq!(plan.changes.len(), 2);
}

#[test]
fn a_key_with_another_body_is_refused() {
    let mut first = draft("a", "Has a dog");
    first.key = Some(key(-1, "one"));
    let mut second = draft("b", "Has a cat");
    second.key = Some(key(-1, "other"));
    let plan = run(vec![first, second], LoadedState::default());
    assert_eq!(plan.outcomes[1], Outcome::KeyReused);
    assert_eq!(plan.changes.len(), 2);
}

#[test]
fn a_batch_that_reuses_the_key_of_another_batch_is_not_stored() {
    let mut first = draft("a", "Has a dog");
    first.key = Some(key(0, "one"));
    let Plan { changes, .. } = run(vec![first], LoadedState::default());
    let saved = changes.into_iter().find_map(|change| {
        if let Change::SaveReceipt(saved) = change {
            Some(saved)
        } else {
            None
        }
    });
    let mut longer = [draft("b", "Has a dog"), draft("c", "Has a cat")];
    for (draft, position) in longer.iter_mut().zip(0..) {
        draft.key = Some(key(position, "other"));
    }
    let plan = run(
        longer.to_vec(),
        LoadedState {
            receipts: saved.into_iter().collect(),
            ..LoadedState::default()
        },
    );
    assert_eq!(plan.outcomes, [Outcome::KeyReused, Outcome::KeyReused]);
    assert!(plan.changes.is_empty());
}

#[test]
fn the_least_important_oldest_memory_is_evicted_over_the_limit() {
    let mut loaded = loaded_state(&[("a", "Has a dog"), ("b", "Has a cat"), ("c", "Has a boat")]);
    loaded.memories[0].importance = 9;
    let plan = run(vec![draft("d", "Has a horse")], loaded);
    assert_eq!(receipts(&plan)[0].evicted, [id("b")]);
    assert!(plan.changes.contains(&Change::Evict(id("b"))));
}
