//! What a plan wants written.

use jiff::Timestamp;

use super::{KeptReceipt, Memory, MemoryId, Vector};

/// One write; a plan's changes are applied in their order, in one transaction.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change {
    /// A new memory.
    Insert(Box<Memory>),
    /// What a memory means.
    Embed { id: MemoryId, vector: Vector },
    /// One more reinforcement.
    Reinforce { id: MemoryId, at: Timestamp },
    /// From now on history.
    Supersede { id: MemoryId, by: MemoryId, at: Timestamp },
    /// Gone to make room.
    Evict(MemoryId),
    /// What to answer when the same key comes again.
    Keep(KeptReceipt),
}
