//! What is thought of each memory: by its words, by the bundled vectors of words, or by a model.

use super::{CandidateSet, TextVectors};
use crate::candidates::ALL_UP_TO;
use crate::embedding::{Closeness, QuestionVectors, Table};
use crate::memory::Memory;
use crate::relevance::{
    Passage, Question, TimeFocus, WordScore, rank, standardize, to_four_decimals,
};
use crate::words::words;

/// By what memories and a question are compared.
pub(crate) enum Method {
    /// Words alone.
    Words,
    /// Words, and the bundled vectors of words.
    WordVectors(&'static Table),
    /// Words, vectors of whole texts, and the bundled vectors of words beside them.
    TextVectors(TextVectors),
}

/// What is thought of a memory.
#[derive(Clone, Copy)]
pub(super) struct Judgement {
    /// For the order: its closeness in standard deviations.
    pub(super) meaning: f64,
    /// How sure it answers, 0..=1.
    pub(super) relevance: f64,
    /// Whether it has something to do with the question.
    pub(super) is_related: bool,
}

/// A question and the memories that may answer, compared word by word.
pub(super) struct Comparison<'a> {
    query: &'a str,
    question: &'a Question,
    passages: &'a [Passage],
    sample_weights: &'a [f64],
    pub(super) scored: Vec<WordScore>,
    /// Whether each memory may hold what the question expects.
    pub(super) may_answer: Vec<bool>,
}

const WORDS_ALONE: f64 = 10.0;
/// Closeness that hardly differs between memories says little.
pub(crate) const LEAST_SPREAD: f64 = 0.05;
/// What meaning alone may give at most: it finds related memories, and does not tell an answer from
/// them.
const MOST_BY_SENSE: f64 = 0.65;
/// What meeting the question word by word says beside the mean.
const BY_MET: f64 = 1.5;
/// Words of a question that are met less than this are met by chance, and from the other bound on
/// they may be met by an answer. Low on purpose: an answer that is taken for something else costs
/// more than something else that an agent reads.
const MET_BY_CHANCE: f64 = 0.03;
const MET_WELL: f64 = 0.15;
/// Words that are met more than this have something to do with the question.
const RELATED: f64 = 0.2;
/// What is left of a relevance where what the question expects is not in the memory.
const MISMATCHED: f64 = 0.6;

/// For the order: how close a memory is, by its mean and word by word, each in standard deviations.
pub(crate) fn by_sense(mean: f64, met: f64) -> f64 {
    mean + BY_MET * met
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
            scored: rank(
                question,
                passages,
                &candidates.sample_weights,
                candidates.among,
            ),
            may_answer: passages
                .iter()
                .map(|passage| passage.may_answer(question))
                .collect(),
        }
    }

    /// What is thought of these memories, in their order.
    pub(super) fn judge(&self, memories: &[Memory], means: &Method) -> Vec<Judgement> {
        match means {
            Method::Words => self.scored.iter().map(by_words).collect(),
            Method::WordVectors(table) => self.by_senses(table),
            Method::TextVectors(meaning) => {
                // A model misses what single words tell, and the other way round.
                let table = Table::bundled().filter(|_| memories.len() <= ALL_UP_TO);
                let senses = table.map(|table| self.by_senses(table)).unwrap_or_default();
                meaning.judge(memories, self, &senses)
            }
        }
    }

    fn by_senses(&self, table: &Table) -> Vec<Judgement> {
        let mut asked = QuestionVectors::new(table, &words(self.query));
        let close = asked.closeness(
            self.passages.iter().map(Passage::weighted),
            self.sample_weights,
        );
        let sums = self.equal_where_covered(self.sums(&close));
        let judged = |at: usize| {
            let is_met = ((close[at].word_by_word - MET_BY_CHANCE) / (MET_WELL - MET_BY_CHANCE))
                .clamp(0.0, 1.0);
            let stands_out = 1.0 / (1.0 + (1.5 - sums[at]).exp());
            let by_words = self.scored[at].relevance.unwrap_or_default();
            let relevance = by_words.max(MOST_BY_SENSE * is_met * stands_out);
            let fits = if self.may_answer[at] { 1.0 } else { MISMATCHED };
            let is_related = by_words > 0.0 || close[at].word_by_word > RELATED;
            Judgement {
                meaning: sums[at],
                relevance: to_four_decimals(relevance * fits),
                is_related,
            }
        };
        (0..self.passages.len()).map(judged).collect()
    }

    fn sums(&self, close: &[Closeness]) -> Vec<f64> {
        let spread = |value: fn(&Closeness) -> f64| {
            standardize(
                &close
                    .iter()
                    .map(|close| Some(value(close)))
                    .collect::<Vec<_>>(),
                self.sample_weights,
                LEAST_SPREAD,
            )
        };
        let (means, met) = (
            spread(|close| close.mean),
            spread(|close| close.word_by_rare_word),
        );
        means
            .iter()
            .zip(&met)
            .map(|(mean, met)| by_sense(*mean, *met))
            .collect()
    }

    /// Where one thing or the newest of several is asked for, memories that have it are equals:
    /// what else they say does not set them apart.
    fn equal_where_covered(&self, sums: Vec<f64>) -> Vec<f64> {
        let wants_one_of_several = matches!(
            self.question.time_focus,
            TimeFocus::Newest | TimeFocus::Upcoming
        );
        if !wants_one_of_several && self.question.terms.len() != 1 {
            return sums;
        }
        let covers = |at: usize| self.scored[at].covers_all;
        let best = (0..sums.len())
            .filter(|at| covers(*at))
            .map(|at| sums[at])
            .fold(f64::MIN, f64::max);
        sums.iter()
            .enumerate()
            .map(|(at, sum)| if covers(at) { best } else { *sum })
            .collect()
    }
}

/// By words alone the relevance is the order.
fn by_words(scored: &WordScore) -> Judgement {
    let relevance = scored.relevance.unwrap_or_default();
    Judgement {
        meaning: WORDS_ALONE * relevance,
        relevance,
        is_related: relevance > 0.0,
    }
}
