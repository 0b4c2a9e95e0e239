//! What a plan wants written.

use jiff::Timestamp;

use super::{AgentId, CallerId, Memory, MemoryId, SavedReceipt, Vector};

/// One write; a plan's changes are applied in their order, in one transaction.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change {
    /// A new memory.
    Insert(Box<Memory>),
    /// What a memory means.
    Embed { id: MemoryId, vector: Vector },
    /// One more reinforcement, and how long the memory lasts from now on.
    Reinforce {
        id: MemoryId,
        at: Timestamp,
        expires_at: Option<Timestamp>,
    },
    /// From now on history, which lasts no longer than its successor if it had no end of its own.
    Supersede {
        id: MemoryId,
        by: MemoryId,
        at: Timestamp,
        expires_at: Option<Timestamp>,
    },
    /// Of the superseded memories of an agent and caller only so many stay, those superseded last.
    TrimHistory {
        agent_id: AgentId,
        caller_id: CallerId,
        most: usize,
    },
    /// Gone to make room.
    Evict(MemoryId),
    /// What to answer when the same key comes again.
    SaveReceipt(SavedReceipt),
}
