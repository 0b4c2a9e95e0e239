//! The order and the pages of a list.

/// What a list is sorted by. Ties are sorted by order of creation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SortBy {
    /// Importance, then the time of creation.
    #[default]
    Importance,
    /// The time of creation.
    CreatedAt,
    /// Importance, then the number of reinforcements, then the time of creation. A list has no
    /// query, so this stands in for relevance.
    Relevance,
}

/// The sort direction.
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
    /// Maximum number of entries.
    pub(crate) limit: usize,
    /// Number of entries to skip.
    pub(crate) offset: usize,
}
