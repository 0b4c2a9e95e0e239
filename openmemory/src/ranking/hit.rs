//! The results of a search.

use std::collections::HashSet;

use text::Wording;

use super::signals::ScoreParts;
use crate::memory::Memory;

/// A memory in the results, and its relevance from 0 to 1. Without a query the relevance is 1.
pub(crate) struct SearchHit {
    pub(crate) memory: Memory,
    pub(crate) relevance: f64,
    /// What its ranking score consists of; `None` without a query.
    pub(crate) parts: Option<ScoreParts>,
}

/// The best hits, and the total number of hits.
pub(crate) struct SearchResults {
    pub(crate) best: Vec<SearchHit>,
    pub(crate) total: usize,
}

impl SearchHit {
    /// A hit of a list without a query.
    pub(crate) fn without_query(memory: Memory) -> Self {
        Self {
            memory,
            relevance: 1.0,
            parts: None,
        }
    }

    /// Returns the ranking score; a higher one comes first.
    fn score(&self) -> f64 {
        self.parts.map_or(0.0, ScoreParts::total)
    }

    pub(super) fn better_first(one: &Self, other: &Self) -> std::cmp::Ordering {
        let by_order = other.score().total_cmp(&one.score());
        let by_importance = other.memory.importance.cmp(&one.memory.importance);
        by_order
            .then(by_importance)
            .then(other.memory.created_at.cmp(&one.memory.created_at))
    }
}

/// Keeps the first of several hits that have the same wording. Several agents may each have stored
/// the same fact.
pub(crate) fn distinct(hits: &mut Vec<SearchHit>) {
    let mut seen = HashSet::new();
    let decisions: Vec<bool> = hits
        .iter()
        .map(|hit| seen.insert(Wording::new(&hit.memory.content)))
        .collect();
    let mut remaining = decisions.into_iter();
    hits.retain(|_| remaining.next() == Some(true));
}
