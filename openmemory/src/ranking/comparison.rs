//! The word-by-word comparison of a question with the candidates.

use super::candidate_set::CandidateSet;
use crate::matching::{Passage, Question, WordScore, rank};

/// How well a memory answers.
#[derive(Clone, Copy)]
pub(super) struct Judgement {
    /// Similarity in standard deviations, for the ranking.
    pub(super) meaning: f64,
    /// How certain it is that the memory answers, from 0 to 1.
    pub(super) relevance: f64,
    /// Whether the memory is related to the question.
    pub(super) is_related: bool,
}

/// A word-by-word comparison of a question and the candidates.
pub(super) struct Comparison<'a> {
    pub(super) query: &'a str,
    pub(super) question: &'a Question,
    pub(super) passages: &'a [Passage],
    pub(super) sample_weights: &'a [f64],
    pub(super) scores: Vec<WordScore>,
    /// Whether each memory has the kind of answer that the question expects.
    pub(super) may_answer: Vec<bool>,
}

impl<'a> Comparison<'a> {
    pub(super) fn new(
        query: &'a str,
        question: &'a Question,
        passages: &'a [Passage],
        candidates: &'a CandidateSet,
    ) -> Self {
        Self {
            query,
            question,
            passages,
            sample_weights: &candidates.sample_weights,
            scores: rank(
                question,
                passages,
                &candidates.sample_weights,
                candidates.total,
            ),
            may_answer: passages
                .iter()
                .map(|passage| passage.may_answer(question))
                .collect(),
        }
    }
}
