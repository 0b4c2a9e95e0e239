//! Judges memories by the bundled word vectors.

use text::search_words;

use super::comparison::{Comparison, Judgement};
use super::standardize::{LEAST_SPREAD, standardize};
use crate::embedding::{Closeness, QuestionVectors, Table};
use crate::matching::{Passage, TimeFocus, to_four_decimals};

/// Maximum relevance from word vectors alone. They find related memories, but cannot tell an answer
/// from a memory about the same subject.
const MAX_WORD_VECTOR_RELEVANCE: f64 = 0.65;
/// Weight of the word-by-word similarity beside the mean similarity.
const WORD_BY_WORD_WEIGHT: f64 = 1.5;
/// Word-by-word similarities up to this value occur by chance.
const CHANCE_SIMILARITY: f64 = 0.03;
/// From this word-by-word similarity on, a memory may be an answer. Low on purpose: missing an
/// answer costs more than showing an agent an unrelated memory.
const ANSWER_SIMILARITY: f64 = 0.15;
/// Above this word-by-word similarity a memory is related to the question.
const RELATED_SIMILARITY: f64 = 0.2;
/// Factor for the relevance of a memory without the kind of answer that the question expects.
const WRONG_KIND_FACTOR: f64 = 0.6;

/// Combines the mean and the word-by-word similarity, each in standard deviations, for the ranking.
pub(super) fn word_vector_score(mean: f64, word_by_word: f64) -> f64 {
    mean + WORD_BY_WORD_WEIGHT * word_by_word
}

impl Comparison<'_> {
    /// Judges the candidates by their words and word vectors, in order.
    pub(super) fn by_word_vectors(&self, table: &Table) -> Vec<Judgement> {
        let mut question = QuestionVectors::new(table, &search_words(self.query));
        let closeness = question.closeness(
            self.passages.iter().map(Passage::weighted),
            self.sample_weights,
        );
        let meanings = self.equal_where_covered(self.meanings(&closeness));
        (0..self.passages.len())
            .map(|at| self.judge_by_word_vectors(at, meanings[at], closeness[at].word_by_word))
            .collect()
    }

    fn judge_by_word_vectors(&self, at: usize, meaning: f64, word_by_word: f64) -> Judgement {
        let above_chance = ((word_by_word - CHANCE_SIMILARITY)
            / (ANSWER_SIMILARITY - CHANCE_SIMILARITY))
            .clamp(0.0, 1.0);
        let stands_out = 1.0 / (1.0 + (1.5 - meaning).exp());
        let by_words = self.scores[at].relevance.unwrap_or_default();
        let relevance = by_words.max(MAX_WORD_VECTOR_RELEVANCE * above_chance * stands_out);
        let kind_factor = if self.may_answer[at] {
            1.0
        } else {
            WRONG_KIND_FACTOR
        };
        Judgement {
            meaning,
            relevance: to_four_decimals(relevance * kind_factor),
            is_related: by_words > 0.0 || word_by_word > RELATED_SIMILARITY,
        }
    }

    /// The similarity of each memory by its word vectors, in standard deviations.
    fn meanings(&self, closeness: &[Closeness]) -> Vec<f64> {
        let means = self.standardize(closeness, |close| close.mean);
        let by_rare_words = self.standardize(closeness, |close| close.word_by_rare_word);
        means
            .iter()
            .zip(&by_rare_words)
            .map(|(mean, by_rare_words)| word_vector_score(*mean, *by_rare_words))
            .collect()
    }

    fn standardize(&self, closeness: &[Closeness], value: fn(&Closeness) -> f64) -> Vec<f64> {
        let values: Vec<Option<f64>> = closeness.iter().map(|close| Some(value(close))).collect();
        standardize(&values, self.sample_weights, LEAST_SPREAD)
    }

    /// Gives all memories that cover the question the same score if it asks for one thing or for
    /// the newest of several. What else such memories say does not matter.
    fn equal_where_covered(&self, meanings: Vec<f64>) -> Vec<f64> {
        let wants_one_of_several = matches!(
            self.question.time_focus,
            TimeFocus::Newest | TimeFocus::Upcoming
        );
        if !wants_one_of_several && self.question.terms.len() != 1 {
            return meanings;
        }
        let covers = |at: usize| self.scores[at].covers_all;
        let best = (0..meanings.len())
            .filter(|at| covers(*at))
            .map(|at| meanings[at])
            .fold(f64::MIN, f64::max);
        meanings
            .iter()
            .enumerate()
            .map(|(at, meaning)| if covers(at) { best } else { *meaning })
            .collect()
    }
}
