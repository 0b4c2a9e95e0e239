use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Map;

use super::*;
use crate::matching::LookupKeys;
use crate::memory::{CallerId, Callers};

#[path = "../../../tests/conformance/small_talk.rs"]
mod small_talk;

fn search(query: &str, filter: Filter) -> Search {
    Search {
        callers: Callers::new(CallerId::parse("+12025550142").unwrap(), []).unwrap(),
        agent_id: None,
        distinct: false,
        explain: false,
        query: query.to_owned(),
        include_superseded: false,
        filter,
        limit: 5,
        min_relevance: Some(0.0),
    }
}

fn outline(seq: i64, content: &str) -> Outline {
    let happened_at = Timestamp::from_second(1_700_000_000 + seq).unwrap();
    let terms = Some(LookupKeys::new(content, &Map::new()).terms);
    Outline {
        seq,
        importance: 5,
        happened_at,
        terms,
    }
}

/// Outlines of three thousand small-talk memories, some of them replaced by the given contents.
fn outlines(replaced: &[(usize, &str)]) -> Vec<Outline> {
    let mut outlines: Vec<Outline> = (0..3_000)
        .map(|at| outline(i64::try_from(at).unwrap(), &small_talk::sentence(at)))
        .collect();
    for (at, content) in replaced {
        outlines[*at] = outline(i64::try_from(*at).unwrap(), content);
    }
    outlines
}

fn chosen(query: &str, outlines: &[Outline]) -> Vec<Candidate> {
    select_candidates(
        &search(query, Filter::default()),
        Table::bundled(),
        outlines,
    )
}

#[test]
fn memories_that_answer_in_the_same_or_other_words_are_selected() {
    let outlines = outlines(&[
        (7, "Order HO-7712 arrived late"),
        (1_500, "She lives at 14 Quay Street."),
        (2_100, "Sie ist gegen Nüsse allergisch."),
        (2_999, "Her terrier is called Biscuit"),
    ]);
    for (query, answer) in [
        ("HO-7712", 7),
        ("late orders", 7),
        ("delivery address", 1_500),
        ("allergies", 2_100),
        ("does she have pets", 2_999),
    ] {
        let selected = chosen(query, &outlines);
        let found = selected.iter().find(|candidate| candidate.seq == answer);
        assert_eq!(
            found.map(|candidate| candidate.sample_weight),
            Some(1.0),
            "{query}"
        );
    }
}

#[test]
fn selected_memories_are_few_ordered_and_represent_all() {
    let selected = chosen("delivery address", &outlines(&[]));
    assert!(
        selected.len() <= LIKELIEST + MOST_SHARED_WORDS + SAMPLE,
        "{}",
        selected.len()
    );
    assert!(selected.is_sorted_by_key(|candidate| candidate.seq));
    let positions: BTreeSet<i64> = selected.iter().map(|candidate| candidate.seq).collect();
    assert_eq!(
        positions.len(),
        selected.len(),
        "no memory is selected twice"
    );
    let all: f64 = selected
        .iter()
        .map(|candidate| candidate.sample_weight)
        .sum();
    assert!((all - 3_000.0).abs() < 1e-6, "{all}");
}

#[test]
fn a_memory_without_terms_is_always_selected() {
    let mut outlines = outlines(&[]);
    outlines[1_234].terms = None;
    assert!(chosen("delivery address", &outlines).contains(&Candidate {
        seq: 1_234,
        sample_weight: 1.0
    }));
}

#[test]
fn a_question_for_the_last_one_selects_the_newest_memories() {
    let selected = chosen("the last thing", &outlines(&[]));
    let newest = selected
        .iter()
        .filter(|candidate| candidate.seq >= 2_950 && candidate.sample_weight <= 1.0)
        .count();
    assert!(newest >= 25, "{newest}");
}

#[test]
fn memories_that_the_filter_excludes_are_only_sampled() {
    let mut outlines = outlines(&[(7, "She lives at 14 Quay Street.")]);
    outlines[7].importance = 9;
    let filter = Filter {
        min_importance: Some(9),
        ..Filter::default()
    };
    let selected = select_candidates(
        &search("a colleague at the fair", filter),
        Table::bundled(),
        &outlines,
    );
    assert_eq!(
        selected
            .iter()
            .filter(|candidate| candidate.sample_weight <= 1.0)
            .count(),
        1
    );
    assert!(selected.contains(&Candidate {
        seq: 7,
        sample_weight: 1.0
    }));
}
