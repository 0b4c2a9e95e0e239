//! Finding the memories that answer: words and vectors fused into one relevance. Pure.

mod judgement;
mod text_vectors;

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use crate::distinct::distinct;
use crate::memory::{AgentId, Callers, Filter, Memory, MemoryId};
use crate::relevance::{Passage, Question, RankingSignals, TimeFocus, TimeMatch, Validity};
use crate::text::is_visible;
use crate::words::words;
use judgement::{Comparison, Judgement};
pub(crate) use judgement::{LEAST_SPREAD, Method, by_sense};
pub(crate) use text_vectors::TextVectors;

/// What is looked for.
pub(crate) struct Search {
    pub(crate) callers: Callers,
    /// Every agent of the caller when there is none.
    pub(crate) agent_id: Option<AgentId>,
    /// Blank lists by importance.
    pub(crate) query: String,
    /// Whether memories that were replaced are found too, where the question asks for what was
    /// before.
    pub(crate) include_superseded: bool,
    /// Whether memories that say the same in the same words are found once.
    pub(crate) distinct: bool,
    pub(crate) filter: Filter,
    pub(crate) limit: usize,
    /// 0..=1; 0 asks for the best memories whatever their relevance. Without it a memory must have
    /// something to do with the question.
    pub(crate) min_relevance: Option<f64>,
}

/// A memory that answers, and how well (0..=1; 1 where nothing was asked).
pub(crate) struct SearchHit {
    pub(crate) memory: Memory,
    pub(crate) relevance: f64,
    /// The larger, the earlier it is given.
    order: f64,
}

/// The best of what was found, and how much was found in all.
pub(crate) struct SearchResults {
    pub(crate) best: Vec<SearchHit>,
    pub(crate) total: usize,
}

/// The memories that a search looks at.
pub(crate) struct CandidateSet {
    /// In their order of creation.
    pub(crate) memories: Vec<Memory>,
    /// How many memories each stands for where averages are taken.
    sample_weights: Vec<f64>,
    /// How many memories the caller has.
    among: usize,
    /// How many memories may be in the answer that were not read.
    unread: usize,
}

impl Search {
    /// Whether memories are wanted that have nothing to do with the question.
    pub(crate) fn wants_all(&self) -> bool {
        self.min_relevance == Some(0.0)
    }

    /// Whether memories that were replaced may answer.
    pub(crate) fn wants_history(&self) -> bool {
        self.include_superseded && TimeFocus::from_words(&words(&self.query)) == TimeFocus::Earlier
    }

    /// Whether it lists instead of asking.
    pub(crate) fn is_blank(&self) -> bool {
        !is_visible(&self.query)
    }

    /// The best of the caller's memories, by words alone where there is no vector.
    pub(crate) fn pick(
        &self,
        candidates: CandidateSet,
        means: &Method,
        now: Timestamp,
    ) -> SearchResults {
        let unread = if self.wants_all() {
            candidates.unread
        } else {
            0
        };
        let mut found = if self.is_blank() {
            candidates
                .memories
                .into_iter()
                .map(SearchHit::without_query)
                .collect()
        } else {
            self.answers(candidates, means, now)
        };
        let least = self.min_relevance.unwrap_or_default();
        found.retain(|hit| hit.relevance >= least && self.filter.accepts(&hit.memory));
        // Memories come oldest first; a stable sort of the reverse leaves the newest first among
        // equals.
        found.reverse();
        found.sort_by(SearchHit::better_first);
        if self.distinct {
            distinct(&mut found);
        }
        let total = found.len() + unread;
        found.truncate(self.limit);
        SearchResults { best: found, total }
    }

    fn answers(&self, candidates: CandidateSet, means: &Method, now: Timestamp) -> Vec<SearchHit> {
        let question = Question::parse(&self.query);
        let passage =
            |memory: &Memory| Passage::new(&memory.content, &memory.metadata, question.language);
        let passages: Vec<Passage> = candidates.memories.iter().map(passage).collect();
        let compared = Comparison::new(&self.query, &question, &passages, &candidates);
        let judged = compared.judge(&candidates.memories, means);
        let newness = newness(candidates.memories.iter().map(|memory| memory.happened_at));
        let found = |(at, memory): (usize, Memory)| {
            let Judgement {
                meaning,
                relevance,
                is_related,
            } = judged[at];
            let validity = Validity::parse(&memory.content, &memory.metadata);
            let time = TimeMatch::new(
                &question,
                &validity,
                memory.happened_at,
                memory.superseded.is_some(),
                now,
            );
            let held = if time == TimeMatch::Ended { OVER } else { 1.0 };
            let has_requested_detail = passages[at].has_requested_detail(&question);
            let relevance = relevance.max(if has_requested_detail { WANTED } else { 0.0 }) * held;
            if !(self.wants_all() || is_related && relevance > 0.0) {
                return None;
            }
            let signals = RankingSignals {
                meaning,
                words: compared.scored[at].covered,
                importance: memory.importance,
                is_pinned: memory.is_pinned(),
                newness: newness[at],
                time_focus: question.time_focus,
                has_requested_detail,
                may_answer: compared.may_answer[at],
                time,
            };
            Some(SearchHit {
                memory,
                relevance,
                order: signals.score(),
            })
        };
        candidates
            .memories
            .into_iter()
            .enumerate()
            .filter_map(found)
            .collect()
    }
}

/// The least relevance of a memory that has the number or the address that is asked for: it may be
/// another one.
const WANTED: f64 = 0.5;
/// What is left of the relevance of a memory that holds no longer: it is background.
const OVER: f64 = 0.3;

/// For each memory by its time how new it is among all: 0 for the oldest, 1 for the newest.
pub(crate) fn newness(happened_at: impl Iterator<Item = Timestamp> + Clone) -> Vec<f64> {
    let times: BTreeSet<Timestamp> = happened_at.clone().collect();
    let times: Vec<Timestamp> = times.into_iter().collect();
    let last = times.len().saturating_sub(1).max(1) as f64;
    happened_at
        .map(|at| times.partition_point(|time| *time < at) as f64 / last)
        .collect()
}

impl CandidateSet {
    /// Of `among` memories all that may have something to do with the question.
    pub(crate) fn all(memories: Vec<Memory>, among: usize) -> Self {
        Self {
            sample_weights: vec![1.0; memories.len()],
            memories,
            among,
            unread: 0,
        }
    }

    /// The same with memories that were replaced. Each held until its successor was said, which may
    /// be long before that was stored; where the successor is not looked at, the time of storing
    /// has to do.
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
        self.among += history.len();
        self.sample_weights.extend(history.iter().map(|_| 1.0));
        self.memories.extend(history);
        self
    }

    /// Some of `among` memories, each with the number of memories that it stands for; `unread`
    /// others may be in the answer.
    pub(crate) fn some(memories: Vec<(Memory, f64)>, among: usize, unread: usize) -> Self {
        let (memories, sample_weights) = memories.into_iter().unzip();
        Self {
            memories,
            sample_weights,
            among,
            unread,
        }
    }
}

impl SearchHit {
    pub(crate) fn without_query(memory: Memory) -> Self {
        Self {
            memory,
            relevance: 1.0,
            order: 0.0,
        }
    }

    fn better_first(one: &Self, other: &Self) -> std::cmp::Ordering {
        let by_order = other.order.total_cmp(&one.order);
        let by_importance = other.memory.importance.cmp(&one.memory.importance);
        by_order
            .then(by_importance)
            .then(other.memory.created_at.cmp(&one.memory.created_at))
    }
}

#[cfg(test)]
mod tests;
