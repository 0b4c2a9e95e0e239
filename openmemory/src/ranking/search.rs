//! A search of a caller's memories: combines words and vectors into one relevance. Pure.

use jiff::Timestamp;
use text::search_words;

use super::candidate_set::CandidateSet;
use super::comparison::Comparison;
use super::hit::{SearchHit, SearchResults, distinct};
use super::method::Method;
use super::signals::{RankingSignals, TimeMatch, newness};
use crate::matching::{Passage, Question, TimeFocus, Validity};
use crate::memory::{AgentId, Callers, Filter, Memory, is_visible};

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
    /// Whether to say what the score of each memory consists of.
    pub(crate) explain: bool,
    pub(crate) filter: Filter,
    pub(crate) limit: usize,
    /// From 0 to 1; 0 returns the best memories whatever their relevance. If `None`, a memory must
    /// be related to the question.
    pub(crate) min_relevance: Option<f64>,
}

impl Search {
    /// Whether to return memories that are not related to the question.
    pub(crate) fn wants_all(&self) -> bool {
        self.min_relevance == Some(0.0)
    }

    /// Whether superseded memories may answer.
    pub(crate) fn wants_history(&self) -> bool {
        self.include_superseded
            && TimeFocus::from_words(&search_words(&self.query)) == TimeFocus::Earlier
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
        let judgements = method.judge(&comparison, &candidates.memories);
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
                parts: Some(signals.parts()),
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

#[cfg(test)]
mod tests;
