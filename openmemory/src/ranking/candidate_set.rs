//! The loaded memories that a search compares.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::memory::{Memory, MemoryId};

/// Up to this many memories of a caller, all are compared exactly.
pub(crate) const MAX_EXHAUSTIVE: usize = 400;

/// The loaded memories that a search compares.
pub(crate) struct CandidateSet {
    /// In order of creation.
    pub(crate) memories: Vec<Memory>,
    /// How many memories each one represents in averages.
    pub(super) sample_weights: Vec<f64>,
    /// Number of the caller's memories, loaded or not.
    pub(super) total: usize,
    /// Number of memories that may be in the results but were not loaded.
    pub(super) not_loaded: usize,
}

impl CandidateSet {
    /// All of the caller's `total` memories that may be related to the question.
    pub(crate) fn all(memories: Vec<Memory>, total: usize) -> Self {
        Self {
            sample_weights: vec![1.0; memories.len()],
            memories,
            total,
            not_loaded: 0,
        }
    }

    /// Adds superseded memories. Each held until its successor was said, which may be long before
    /// the successor was stored. If the successor is not loaded, the time of storing is used
    /// instead.
    pub(crate) fn with_history(mut self, mut history: Vec<Memory>) -> Self {
        let all = self.memories.iter().chain(&history);
        let said_at: HashMap<MemoryId, Timestamp> = all
            .map(|memory| (memory.id.clone(), memory.happened_at))
            .collect();
        for link in history
            .iter_mut()
            .filter_map(|memory| memory.superseded.as_mut())
        {
            link.at = said_at.get(&link.by).copied().unwrap_or(link.at);
        }
        self.total += history.len();
        self.sample_weights.extend(history.iter().map(|_| 1.0));
        self.memories.extend(history);
        self
    }

    /// A selection of the caller's `total` memories, each with its sample weight. `not_loaded`
    /// others may be in the results.
    pub(crate) fn sampled(memories: Vec<(Memory, f64)>, total: usize, not_loaded: usize) -> Self {
        let (memories, sample_weights) = memories.into_iter().unzip();
        Self {
            memories,
            sample_weights,
            total,
            not_loaded,
        }
    }
}
