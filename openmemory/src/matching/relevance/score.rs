//! Scores memories by the words they share with a question.

use super::question::Term;
use super::{Passage, Question, rarity};

/// The result of comparing a memory with a question word by word.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct WordScore {
    /// Relevance in 0..=1, rounded to four decimals so that equal coverage is a tie. `None` if the
    /// memory shares no meaningful word with the question.
    pub(crate) relevance: Option<f64>,
    /// For ranking: share of the question's words that it covers, with much more weight on rare
    /// words; 0..=1.
    pub(crate) covered: f64,
    /// Whether it contains every word that names what the question is about.
    pub(crate) covers_all: bool,
    /// Whether the question names a person whom several memories mention, but not this one.
    pub(crate) misses_person: bool,
}

/// Extra weight of a word that no memory has.
const RARITY: f64 = 0.3;
/// Share of the score that depends on the question's words being close together.
const CLOSENESS: f64 = 0.06;
/// A name that occurs in at least this share of the memories belongs to a person they are about.
const FREQUENT_NAME_SHARE: f64 = 0.2;
/// Factor on the relevance if the question names such a person and the memory does not.
const OTHER_PERSON_FACTOR: f64 = 0.8;

/// Compares each passage with the question, in order. The passages are those of `among` memories
/// that may share a word with it; each represents as many memories as `sample_weights` says.
///
/// The relevance is the share of the question's meaningful words that a passage covers, with more
/// weight on rare words. Full coverage by the content gives at least 0.94.
pub(crate) fn rank(
    question: &Question,
    passages: &[Passage],
    sample_weights: &[f64],
    among: usize,
) -> Vec<WordScore> {
    let strengths: Vec<Vec<f64>> = passages
        .iter()
        .map(|passage| {
            question
                .terms
                .iter()
                .map(|term| passage.strength(term))
                .collect()
        })
        .collect();
    let among = among.max(passages.len()) as f64;
    let document_count = |at: usize| {
        let matching = strengths
            .iter()
            .zip(sample_weights)
            .filter(|(found, _)| found[at] > 0.0);
        matching.map(|(_, times)| times).sum::<f64>()
    };
    let weights = QuestionWeights::new(question, document_count, among);
    passages
        .iter()
        .zip(&strengths)
        .map(|(passage, found)| weights.score(question, passage, found))
        .collect()
}

/// The weights of the question's words, by their index.
struct QuestionWeights {
    for_relevance: Vec<f64>,
    for_ranking: Vec<f64>,
    /// Indices of the words that name a person whom several memories mention.
    people: Vec<usize>,
}

impl QuestionWeights {
    fn new(question: &Question, document_count: impl Fn(usize) -> f64, among: f64) -> Self {
        let people = (0..question.terms.len()).filter(|at| {
            question.terms[*at].word.is_name && document_count(*at) >= FREQUENT_NAME_SHARE * among
        });
        Self {
            people: people.collect(),
            for_relevance: weights(question, &document_count, |term, document_count| {
                term_weight(term, document_count, among)
            }),
            for_ranking: order_weights(question, &document_count, among),
        }
    }

    /// Scores a passage, given how strongly it matches each word of the question.
    fn score(&self, question: &Question, passage: &Passage, found: &[f64]) -> WordScore {
        let misses_person = self.people.iter().any(|at| found[*at] <= 0.0);
        let shares_meaning = shares_meaning(question, found);
        WordScore {
            relevance: shares_meaning
                .then(|| self.relevance(question, passage, found, misses_person)),
            covered: if shares_meaning {
                covered(found, &self.for_ranking)
            } else {
                0.0
            },
            covers_all: shares_meaning && has_all(question, found),
            misses_person,
        }
    }

    fn relevance(
        &self,
        question: &Question,
        passage: &Passage,
        found: &[f64],
        misses_person: bool,
    ) -> f64 {
        let closeness = 1.0 - CLOSENESS + CLOSENESS * passage.closeness(question);
        let person = if misses_person {
            OTHER_PERSON_FACTOR
        } else {
            1.0
        };
        to_four_decimals(covered(found, &self.for_relevance) * closeness * person)
    }
}

/// Returns the ranking weight of each question word. `document_count` returns how many of the
/// `among` memories have the word with this index.
pub(crate) fn order_weights(
    question: &Question,
    document_count: impl Fn(usize) -> f64,
    among: f64,
) -> Vec<f64> {
    weights(question, document_count, |term, document_count| {
        term.weight * rarity(document_count, among)
    })
}

fn weights(
    question: &Question,
    document_count: impl Fn(usize) -> f64,
    weight: impl Fn(&Term, f64) -> f64,
) -> Vec<f64> {
    question
        .terms
        .iter()
        .enumerate()
        .map(|(at, term)| weight(term, document_count(at)))
        .collect()
}

fn covered(found: &[f64], weights: &[f64]) -> f64 {
    let covered: f64 = found
        .iter()
        .zip(weights)
        .map(|(strength, weight)| strength * weight)
        .sum();
    covered / weights.iter().sum::<f64>().max(f64::EPSILON)
}

/// Weight of a question word that `document_count` of the memories have. Rare words have slightly
/// more weight.
fn term_weight(term: &Term, document_count: f64, among: f64) -> f64 {
    let commonness = document_count.ln_1p() / among.max(1.0).ln_1p();
    term.weight * (1.0 + RARITY * (1.0 - commonness))
}

fn shares_meaning(question: &Question, found: &[f64]) -> bool {
    question
        .terms
        .iter()
        .zip(found)
        .any(|(term, strength)| term.decides && *strength > 0.0)
}

fn has_all(question: &Question, found: &[f64]) -> bool {
    question
        .terms
        .iter()
        .zip(found)
        .all(|(term, strength)| !term.decides || *strength > 0.0)
}

/// Limits a score to 0..=1 and rounds it to four decimals.
pub(crate) fn to_four_decimals(score: f64) -> f64 {
    (score.clamp(0.0, 1.0) * 10_000.0).round() / 10_000.0
}

#[cfg(test)]
mod tests;
