//! Leaves out memories that say the same.

use super::Memory;

/// Keeps the first memory of each group with the same words, and at most `limit` memories in all.
pub fn keep_distinct(memories: &mut Vec<Memory>, limit: usize) {
    text::keep_distinct(memories, limit, |memory| &memory.content);
}
