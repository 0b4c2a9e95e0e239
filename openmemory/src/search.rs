//! Searches a caller's memories: combines words and vectors into one relevance. Pure.

mod judgement;
mod text_vectors;

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use crate::distinct::distinct;
use crate::memory::{AgentId, Callers, Filter, Memory, MemoryId};
use crate::relevance::{Passage, Question, RankingSignals, TimeFocus, TimeMatch, Validity};
use crate::text::is_visible;
use crate::words::words;
use judgement::Comparison;
pub(crate) use judgement::{LEAST_SPREAD, Method, word_vector_score};
pub(crate) use text_vectors::TextVectors;

/// A search request.
pub(crate) struct Search {
    pub(crate) callers: Callers,
    /// Limits the search to one agent; `None` searches the memories of all agents.
    pub(crate) agent_id: Option<AgentId>,
    /// The question. A blank query lists memories by importance.
    pub(crate) query: String,
    /// Whether to include superseded memories if the question asks about the past.
    pub(crate) include_superseded: bool,
    /// Whether to return memories with the same wording once.
    pub(crate) distinct: bool,
    pub(crate) filter: Filter,
    pub(crate) limit: usize,
    /// From 0 to 1; 0 returns the best memories whatever their relevance. If `None`, a memory must
    /// be related to the question.
    pub(crate) min_relevance: Option<f64>,
}

/// A memory in the results, and its relevance from 0 to 1. Without a query the relevance is 1.
pub(crate) struct SearchHit {
    pub(crate) memory: Memory,
    pub(crate) relevance: f64,
    /// Ranking score; higher comes first.
    order: f64,
}

/// The best hits, and the total number of hits.
pub(crate) struct SearchResults {
    pub(crate) best: Vec<SearchHit>,
    pub(crate) total: usize,
}

/// The loaded memories that a search compares.
pub(crate) struct CandidateSet {
    /// In order of creation.
    pub(crate) memories: Vec<Memory>,
    /// How many memories each one represents in averages.
    sample_weights: Vec<f64>,
    /// Number of the caller's memories, loaded or not.
    total: usize,
    /// Number of memories that may be in the results but were not loaded.
    not_loaded: usize,
}

impl Search {
    /// Whether to return memories that are not related to the question.
    pub(crate) fn wants_all(&self) -> bool {
        self.min_relevance == Some(0.0)
    }

    /// Whether superseded memories may answer.
    pub(crate) fn wants_history(&self) -> bool {
        self.include_superseded && TimeFocus::from_words(&words(&self.query)) == TimeFocus::Earlier
    }

    /// Whether the query is blank, so that the search only lists memories.
    pub(crate) fn is_blank(&self) -> bool {
        !is_visible(&self.query)
    }

    /// Scores, filters and ranks the candidates.
    pub(crate) fn run(
        &self,
        candidates: CandidateSet,
        method: &Method,
        now: Timestamp,
    ) -> SearchResults {
        let not_loaded = if self.wants_all() {
            candidates.not_loaded
        } else {
            0
        };
        let mut hits = if self.is_blank() {
            candidates
                .memories
                .into_iter()
                .map(SearchHit::without_query)
                .collect()
        } else {
            self.score(candidates, method, now)
        };
        let least = self.min_relevance.unwrap_or_default();
        hits.retain(|hit| hit.relevance >= least && self.filter.accepts(&hit.memory));
        // Candidates are in order of creation. Reversing them before the stable sort puts the
        // newest first among equals.
        hits.reverse();
        hits.sort_by(SearchHit::better_first);
        if self.distinct {
            distinct(&mut hits);
        }
        let total = hits.len() + not_loaded;
        hits.truncate(self.limit);
        SearchResults { best: hits, total }
    }

    fn score(&self, candidates: CandidateSet, method: &Method, now: Timestamp) -> Vec<SearchHit> {
        let question = Question::parse(&self.query);
        let passages: Vec<Passage> = candidates
            .memories
            .iter()
            .map(|memory| Passage::new(&memory.content, &memory.metadata, question.language))
            .collect();
        let comparison = Comparison::new(&self.query, &question, &passages, &candidates);
        let judgements = comparison.judge(&candidates.memories, method);
        let Comparison {
            scores, may_answer, ..
        } = comparison;
        let newness = newness(candidates.memories.iter().map(|memory| memory.happened_at));
        let mut hits = Vec::new();
        for (at, memory) in candidates.memories.into_iter().enumerate() {
            let judgement = judgements[at];
            let time = time_match(&question, &memory, now);
            let has_requested_detail = passages[at].has_requested_detail(&question);
            let relevance = adjusted_relevance(judgement.relevance, has_requested_detail, time);
            if !(self.wants_all() || judgement.is_related && relevance > 0.0) {
                continue;
            }
            let signals = RankingSignals {
                meaning: judgement.meaning,
                words: scores[at].covered,
                importance: memory.importance,
                is_pinned: memory.is_pinned(),
                newness: newness[at],
                time_focus: question.time_focus,
                has_requested_detail,
                may_answer: may_answer[at],
                time,
            };
            hits.push(SearchHit {
                memory,
                relevance,
                order: signals.score(),
            });
        }
        hits
    }
}

fn time_match(question: &Question, memory: &Memory, now: Timestamp) -> TimeMatch {
    TimeMatch::new(
        question,
        &Validity::parse(&memory.content, &memory.metadata),
        memory.happened_at,
        memory.superseded.is_some(),
        now,
    )
}

fn adjusted_relevance(relevance: f64, has_requested_detail: bool, time: TimeMatch) -> f64 {
    let least = if has_requested_detail {
        REQUESTED_DETAIL_RELEVANCE
    } else {
        0.0
    };
    let factor = if time == TimeMatch::Ended {
        ENDED_FACTOR
    } else {
        1.0
    };
    relevance.max(least) * factor
}

/// Minimum relevance of a memory with a number or address, if the question asks for one. It may be
/// a different number or address than the requested one.
const REQUESTED_DETAIL_RELEVANCE: f64 = 0.5;
/// Factor for the relevance of a memory that no longer holds: it is only background.
const ENDED_FACTOR: f64 = 0.3;

/// How new each memory is among all: 0 for the oldest time, 1 for the newest.
pub(crate) fn newness(happened_at: impl Iterator<Item = Timestamp> + Clone) -> Vec<f64> {
    let distinct: BTreeSet<Timestamp> = happened_at.clone().collect();
    let times: Vec<Timestamp> = distinct.into_iter().collect();
    let last = times.len().saturating_sub(1).max(1) as f64;
    happened_at
        .map(|at| times.partition_point(|time| *time < at) as f64 / last)
        .collect()
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

impl SearchHit {
    /// A hit of a list without a query.
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
