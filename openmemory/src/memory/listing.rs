//! The order and the pages of a list.

use std::cmp::Ordering;

use super::Memory;

/// What a list is ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SortBy {
    /// Importance, then the time of creation.
    #[default]
    Importance,
    /// The time of creation.
    CreatedAt,
    /// Without a question the most relevant is what matters and was said most often: importance, then
    /// reinforcements, then the time of creation.
    Relevance,
}

/// Which end comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Smallest or oldest first.
    Ascending,
    /// Largest or newest first.
    #[default]
    Descending,
}

/// A part of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// At most this many.
    pub(crate) limit: usize,
    /// After this many.
    pub(crate) offset: usize,
}

/// Orders memories that come in their order of creation; equal ones keep it (newest first when descending).
pub(crate) fn sort(memories: &mut [Memory], by: SortBy, direction: Direction) {
    memories.sort_by(|one, other| compare(one, other, by));
    if direction == Direction::Descending {
        memories.reverse();
    }
}

fn compare(one: &Memory, other: &Memory, by: SortBy) -> Ordering {
    let by_time = one.created_at.cmp(&other.created_at);
    let by_importance = one.importance.cmp(&other.importance);
    match by {
        SortBy::CreatedAt => by_time,
        SortBy::Importance => by_importance.then(by_time),
        SortBy::Relevance => by_importance.then(one.reinforcement_count.cmp(&other.reinforcement_count)).then(by_time),
    }
}
