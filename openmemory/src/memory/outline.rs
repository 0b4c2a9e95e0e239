//! The part of a memory that a search reads first.

use jiff::Timestamp;

/// The parts of a memory that a search scores before it loads the whole.
pub(crate) struct Outline {
    /// Its position in the order of creation.
    pub(crate) seq: i64,
    pub(crate) importance: u8,
    pub(crate) happened_at: Timestamp,
    /// See [`LookupKeys`](crate::matching::LookupKeys); `None` for memories older than the keys.
    pub(crate) terms: Option<String>,
}
