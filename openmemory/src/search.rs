//! Finding the memories that answer: words and vectors fused into one relevance. Pure.

use std::collections::HashMap;

use crate::distinct::distinct;
use crate::memory::{AgentId, Callers, Filter, Memory, MemoryId};
use crate::relevance::{Calibration, Passage, Question, Signs, rank};
use crate::text::is_visible;

/// What is looked for.
pub(crate) struct Search {
    pub(crate) callers: Callers,
    /// Every agent of the caller when there is none.
    pub(crate) agent_id: Option<AgentId>,
    /// Blank lists by importance.
    pub(crate) query: String,
    /// Whether memories that say the same in the same words are found once.
    pub(crate) distinct: bool,
    pub(crate) filter: Filter,
    pub(crate) limit: usize,
    /// 0..=1; 0 asks for the best memories whatever their relevance. Without it a memory must have something to do
    /// with the question.
    pub(crate) min_relevance: Option<f64>,
}

/// A memory that answers, and how well (0..=1; 1 where nothing was asked).
pub(crate) struct Found {
    pub(crate) memory: Memory,
    pub(crate) relevance: f64,
}

/// The best of what was found, and how much was found in all.
pub(crate) struct Hits {
    pub(crate) best: Vec<Found>,
    pub(crate) total: usize,
}

/// How close the memories are to the question in meaning.
pub(crate) struct Meaning {
    /// Of those memories that have a vector.
    cosines: HashMap<MemoryId, f64>,
    calibration: Calibration,
    sum: f64,
    /// The largest cosine, and by how much it is larger than the next.
    nearest: f64,
    margin: f64,
}

impl Search {
    /// Whether memories are wanted that have nothing to do with the question.
    pub(crate) fn wants_all(&self) -> bool {
        self.min_relevance == Some(0.0)
    }

    /// Whether it lists instead of asking.
    pub(crate) fn is_blank(&self) -> bool {
        !is_visible(&self.query)
    }

    /// The best of the caller's memories, by words alone where there is no vector. Of `among` memories those are enough
    /// that may share a word with the question, when there is no vector.
    pub(crate) fn pick(&self, memories: Vec<Memory>, among: usize, meaning: Option<&Meaning>) -> Hits {
        let mut found = if self.is_blank() {
            memories.into_iter().map(Found::unasked).collect()
        } else {
            self.answers(memories, among, meaning)
        };
        let least = self.min_relevance.unwrap_or_default();
        found.retain(|hit| hit.relevance >= least && self.filter.accepts(&hit.memory));
        // Memories come oldest first; a stable sort of the reverse leaves the newest first among equals.
        found.reverse();
        found.sort_by(Found::better_first);
        if self.distinct {
            distinct(&mut found);
        }
        let total = found.len();
        found.truncate(self.limit);
        Hits { best: found, total }
    }

    fn answers(&self, memories: Vec<Memory>, among: usize, meaning: Option<&Meaning>) -> Vec<Found> {
        let question = Question::parse(&self.query);
        let wants_all = self.wants_all();
        let passages: Vec<Passage> =
            memories.iter().map(|memory| Passage::new(&memory.content, &memory.metadata, question.language)).collect();
        let mut relevances = vec![None; memories.len()];
        for scored in rank(&question, &passages, among) {
            relevances[scored.index] = Some(scored.relevance);
        }
        let fits: Vec<bool> = passages.iter().map(|passage| passage.may_answer(&question)).collect();
        let found = |((memory, by_words), fits): ((Memory, Option<f64>), bool)| {
            let relevance = meaning.map_or(by_words, |meaning| meaning.relevance(&memory.id, by_words, fits));
            let relevance = if wants_all { relevance.unwrap_or_default() } else { relevance? };
            Some(Found { memory, relevance })
        };
        memories.into_iter().zip(relevances).zip(fits).filter_map(found).collect()
    }
}

impl Meaning {
    pub(crate) fn new(cosines: HashMap<MemoryId, f64>, calibration: Calibration) -> Self {
        let (mut nearest, mut next) = (f64::MIN, f64::MIN);
        for cosine in cosines.values() {
            if *cosine > nearest {
                (nearest, next) = (*cosine, nearest);
            } else {
                next = next.max(*cosine);
            }
        }
        // With a single memory there is nothing that it stands out from.
        let margin = if cosines.len() < 2 { 0.0 } else { nearest - next };
        let sum = cosines.values().sum();
        Self { cosines, calibration, sum, nearest, margin }
    }

    fn relevance(&self, id: &MemoryId, words: Option<f64>, may_answer: bool) -> Option<f64> {
        let Some(&cosine) = self.cosines.get(id) else { return words };
        let margin = if cosine >= self.nearest { self.margin } else { 0.0 };
        let others = (self.cosines.len() > 1).then(|| (self.sum - cosine) / (self.cosines.len() - 1) as f64);
        self.calibration.relevance(Signs { cosine, others, margin, words, may_answer })
    }
}

impl Found {
    pub(crate) fn unasked(memory: Memory) -> Self {
        Self { memory, relevance: 1.0 }
    }

    fn better_first(one: &Self, other: &Self) -> std::cmp::Ordering {
        let by_relevance = other.relevance.total_cmp(&one.relevance);
        let by_importance = other.memory.importance.cmp(&one.memory.importance);
        by_relevance.then(by_importance).then(other.memory.created_at.cmp(&one.memory.created_at))
    }
}
