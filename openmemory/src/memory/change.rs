//! The database changes that a plan consists of.

use jiff::Timestamp;

use super::{AgentId, CallerId, Memory, MemoryId, SavedReceipt, Vector};

/// One write. Storage applies a plan's changes in order, in one transaction.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change {
    /// Inserts a new memory.
    Insert(Box<Memory>),
    /// Stores the embedding of a memory.
    Embed { id: MemoryId, vector: Vector },
    /// Adds one to the reinforcement count and sets the expiry.
    Reinforce {
        id: MemoryId,
        at: Timestamp,
        expires_at: Option<Timestamp>,
    },
    /// Marks a memory as superseded. If it had no expiry, it gets that of its successor.
    Supersede {
        id: MemoryId,
        by: MemoryId,
        at: Timestamp,
        expires_at: Option<Timestamp>,
    },
    /// Deletes superseded memories of an agent and caller, except the `most` superseded last.
    TrimHistory {
        agent_id: AgentId,
        caller_id: CallerId,
        most: usize,
    },
    /// Deletes a memory because the agent and caller are over their limit.
    Evict(MemoryId),
    /// Saves the receipt to return when the same idempotency key is sent again.
    SaveReceipt(SavedReceipt),
}
