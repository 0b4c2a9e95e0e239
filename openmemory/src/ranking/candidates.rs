//! Selects which memories of a caller with many are loaded and compared exactly. Pure.
//!
//! Loading and comparing a memory costs more than scoring the terms stored beside it. For a caller
//! with many memories, a search loads the likeliest ones and a sample of the others. The sample
//! shows how similar memories are to the question on average.

mod term_table;

use std::collections::BTreeSet;

use text::search_words;

use super::search::Search;
use super::signals::{RankingSignals, newness};
use super::standardize::{LEAST_SPREAD, standardize};
use super::word_vectors::word_vector_score;
use crate::embedding::{QuestionVectors, Table};
use crate::matching::{Question, order_weights};
use crate::memory::{Filter, Outline};
use term_table::{TermMatch, match_terms};

/// Memories selected because they rank highest by their terms.
pub(crate) const LIKELIEST: usize = 200;
/// Memories selected because they share most words with the question.
const MOST_SHARED_WORDS: usize = 60;
/// Memories sampled from the rest.
const SAMPLE: usize = 100;

/// A memory to load, and how many memories it represents in averages.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Candidate {
    pub(crate) seq: i64,
    pub(crate) sample_weight: f64,
}

/// Selects the memories to load for a search, in order of creation. Memories without terms are
/// always selected.
pub(crate) fn select_candidates(
    search: &Search,
    table: Option<&Table>,
    outlines: &[Outline],
) -> Vec<Candidate> {
    let scores = score_by_terms(&search.query, table, outlines);
    let (with_terms, without_terms): (Vec<usize>, Vec<usize>) = (0..outlines.len())
        .filter(|at| is_wanted(&search.filter, &outlines[*at]))
        .partition(|at| outlines[*at].terms.is_some());
    let mut chosen: BTreeSet<usize> = without_terms.into_iter().collect();
    chosen.extend(largest(&with_terms, LIKELIEST, |at| scores[at].order));
    chosen.extend(largest(&with_terms, MOST_SHARED_WORDS, |at| {
        scores[at].words
    }));
    with_sample(outlines, &chosen)
}

/// Whether a memory may be in the results. Its category is only known after loading.
pub(crate) fn is_wanted(filter: &Filter, outline: &Outline) -> bool {
    filter.accepts_importance(outline.importance) && filter.accepts_time(outline.happened_at)
}

/// The scores of a memory by its terms.
struct TermScores {
    /// The score of [`RankingSignals`], without the signals that need the whole memory.
    order: f64,
    /// The share of the question's words that the memory covers.
    words: f64,
}

fn score_by_terms(query: &str, table: Option<&Table>, outlines: &[Outline]) -> Vec<TermScores> {
    let question = Question::parse(query);
    let vectors = table.map(|table| QuestionVectors::new(table, &search_words(query)));
    let terms = outlines
        .iter()
        .map(|outline| outline.terms.as_deref().unwrap_or_default());
    let matches = match_terms(&question, vectors, terms);
    let means = standardize_matches(&matches, |found| found.mean);
    let met = standardize_matches(&matches, |found| found.met);
    let covered = covered(&question, &matches);
    let newness = newness(outlines.iter().map(|outline| outline.happened_at));
    (0..outlines.len())
        .map(|at| {
            let signals = RankingSignals {
                meaning: word_vector_score(means[at], met[at]),
                words: covered[at],
                importance: outlines[at].importance,
                newness: newness[at],
                time_focus: question.time_focus,
                may_answer: true,
                ..RankingSignals::default()
            };
            TermScores {
                order: signals.score(),
                words: covered[at],
            }
        })
        .collect()
}

fn standardize_matches(matches: &[TermMatch], value: fn(&TermMatch) -> f64) -> Vec<f64> {
    let values: Vec<Option<f64>> = matches.iter().map(|found| Some(value(found))).collect();
    standardize(&values, &vec![1.0; matches.len()], LEAST_SPREAD)
}

/// The share of the question's words that each memory covers, weighted by rarity.
fn covered(question: &Question, matches: &[TermMatch]) -> Vec<f64> {
    let memory_count = |term: usize| {
        matches
            .iter()
            .filter(|found| found.strengths[term] > 0.0)
            .count() as f64
    };
    let weights = order_weights(question, memory_count, matches.len() as f64);
    let total = weights.iter().sum::<f64>().max(f64::EPSILON);
    matches
        .iter()
        .map(|found| {
            let products = found
                .strengths
                .iter()
                .zip(&weights)
                .map(|(strength, weight)| f64::from(*strength) * weight);
            products.sum::<f64>() / total
        })
        .collect()
}

/// The indexes with the largest values; the newest ones among equals.
fn largest(among: &[usize], most: usize, value: impl Fn(usize) -> f64) -> Vec<usize> {
    let mut ordered = among.to_vec();
    if most < ordered.len() {
        ordered.select_nth_unstable_by(most, |one, other| {
            value(*other).total_cmp(&value(*one)).then(other.cmp(one))
        });
        ordered.truncate(most);
    }
    ordered
}

/// Adds a sample of the other memories to the chosen ones. The sample is spread evenly over time
/// and represents all others.
fn with_sample(outlines: &[Outline], chosen: &BTreeSet<usize>) -> Vec<Candidate> {
    let others: Vec<usize> = (0..outlines.len())
        .filter(|at| !chosen.contains(at))
        .collect();
    let sampled = others.len().min(SAMPLE);
    let sample_weight = others.len() as f64 / sampled.max(1) as f64;
    let sample = (0..sampled).map(|turn| (others[turn * others.len() / sampled], sample_weight));
    let mut all: Vec<(usize, f64)> = chosen.iter().map(|at| (*at, 1.0)).chain(sample).collect();
    all.sort_by_key(|(at, _)| *at);
    all.into_iter()
        .map(|(at, sample_weight)| Candidate {
            seq: outlines[at].seq,
            sample_weight,
        })
        .collect()
}

#[cfg(test)]
mod tests;
