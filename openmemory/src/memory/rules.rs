//! The settings of the rules for storing memories.

/// The settings that affect storing memories.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rules {
    /// A new memory is a duplicate above this similarity, from 0 to 1.
    pub(crate) similarity_threshold: f64,
    /// Maximum active memories for each caller and agent. The same limit applies to superseded
    /// ones.
    pub(crate) max_memories_per_agent: usize,
}
