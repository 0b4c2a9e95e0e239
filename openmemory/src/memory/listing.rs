//! The order and the pages of a list.

/// What a list is ordered by; equal ones by their order of creation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SortBy {
    /// Importance, then the time of creation.
    #[default]
    Importance,
    /// The time of creation.
    CreatedAt,
    /// Without a question the most relevant is what matters and was said most often: importance,
    /// then reinforcements, then the time of creation.
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
