//! Which of very many memories are judged closely. Pure.
//!
//! Reading and judging a memory costs more than a look at the terms that are kept beside it. Of a
//! caller with many memories the likeliest are read, and a sample of the others, which tells how
//! near memories are on average.

mod term_table;

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::embedding::{QuestionVectors, Table};
use crate::memory::Filter;
use crate::relevance::{Question, RankingSignals, order_weights, standardize};
use crate::search::{LEAST_SPREAD, Search, by_sense, newness};
use crate::words::words;
use term_table::{TermMatch, match_terms};

/// Of a caller with up to so many memories each is judged closely.
pub(crate) const ALL_UP_TO: usize = 400;
/// Of a caller with more, those that come first by their terms, those that share most words with
/// the question, and a sample of the others.
pub(crate) const LIKELIEST: usize = 200;
const BY_WORDS: usize = 60;
const SAMPLE: usize = 100;

/// The part of a memory that a search compares before it reads the whole.
pub(crate) struct Outline {
    /// Its place in the order of creation.
    pub(crate) seq: i64,
    pub(crate) importance: u8,
    pub(crate) happened_at: Timestamp,
    /// See [`LookupKeys`](crate::lookup_keys::LookupKeys); none of memories from before they were kept.
    pub(crate) terms: Option<String>,
}

/// A memory that is read, and how many memories it stands for where averages are taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Candidate {
    pub(crate) seq: i64,
    pub(crate) sample_weight: f64,
}

/// The memories to read for a search, in their order of creation. Those without terms are always
/// read.
pub(crate) fn candidates(
    search: &Search,
    table: Option<&Table>,
    outlines: &[Outline],
) -> Vec<Candidate> {
    let score_by_terms = score_by_terms(&search.query, table, outlines);
    let is_wanted = |at: &usize| is_wanted(&search.filter, &outlines[*at]);
    let (known, unknown): (Vec<usize>, Vec<usize>) = (0..outlines.len())
        .filter(is_wanted)
        .partition(|at| outlines[*at].terms.is_some());
    let mut chosen: BTreeSet<usize> = unknown.into_iter().collect();
    chosen.extend(largest(&known, LIKELIEST, |at| score_by_terms[at].order));
    chosen.extend(largest(&known, BY_WORDS, |at| score_by_terms[at].words));
    with_sample(outlines, &chosen)
}

/// Whether a memory may be in the answer; its category is seen when it is read.
pub(crate) fn is_wanted(filter: &Filter, outline: &Outline) -> bool {
    filter.accepts_importance(outline.importance) && filter.accepts_time(outline.happened_at)
}

/// How a memory score_by_terms by its terms.
struct TermScores {
    /// As in [`RankingSignals`], without what only reading it tells.
    order: f64,
    /// The share of the question's words that it covers.
    words: f64,
}

fn score_by_terms(query: &str, table: Option<&Table>, outlines: &[Outline]) -> Vec<TermScores> {
    let question = Question::parse(query);
    let asked = table.map(|table| QuestionVectors::new(table, &words(query)));
    let terms = outlines
        .iter()
        .map(|outline| outline.terms.as_deref().unwrap_or_default());
    let seen = match_terms(&question, asked, terms);
    let ones = vec![1.0; seen.len()];
    let spread = |value: fn(&TermMatch) -> f64| {
        standardize(
            &seen
                .iter()
                .map(|seen| Some(value(seen)))
                .collect::<Vec<_>>(),
            &ones,
            LEAST_SPREAD,
        )
    };
    let (means, met) = (spread(|seen| seen.mean), spread(|seen| seen.met));
    let covered = covered(&question, &seen);
    let newness = newness(outlines.iter().map(|outline| outline.happened_at));
    let look = |at: usize| {
        let signals = RankingSignals {
            meaning: by_sense(means[at], met[at]),
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
    };
    (0..outlines.len()).map(look).collect()
}

/// The share of the question's words that each memory covers, rare ones counting more.
fn covered(question: &Question, seen: &[TermMatch]) -> Vec<f64> {
    let having = |term: usize| {
        seen.iter()
            .filter(|seen| seen.strengths[term] > 0.0)
            .count() as f64
    };
    let weights = order_weights(question, having, seen.len() as f64);
    let total = weights.iter().sum::<f64>().max(f64::EPSILON);
    let share = |seen: &TermMatch| {
        let products = seen
            .strengths
            .iter()
            .zip(&weights)
            .map(|(strength, weight)| f64::from(*strength) * weight);
        products.sum::<f64>() / total
    };
    seen.iter().map(share).collect()
}

/// The largest of them by a value; of equals the newest.
fn largest(among: &[usize], most: usize, value: impl Fn(usize) -> f64) -> Vec<usize> {
    let mut ordered = among.to_vec();
    let by_value =
        |one: &usize, other: &usize| value(*other).total_cmp(&value(*one)).then(other.cmp(one));
    if most < ordered.len() {
        ordered.select_nth_unstable_by(most, by_value);
        ordered.truncate(most);
    }
    ordered
}

/// The chosen ones and some of the others, evenly spread over time, which stand for all of these.
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
