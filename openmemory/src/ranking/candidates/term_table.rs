//! Compares each distinct term of a caller's memories with a question once, however many memories
//! contain it.

use std::collections::HashMap;

use crate::embedding::{Meaning, QuestionVectors};
use crate::matching::{Question, derived_strength, rarity};

/// How well the terms of a memory match a question.
pub(super) struct TermMatch {
    /// For each word of the question, how certainly the memory contains it, from 0 to 1.
    pub(super) strengths: Vec<f32>,
    /// How well the question's words are matched in meaning; rare words count more.
    pub(super) met: f64,
    /// The cosine between the question and the mean of the memory's words.
    pub(super) mean: f64,
}

/// Matches each memory's terms with the question. Each line of a memory's text is one term.
pub(super) fn match_terms<'a>(
    question: &Question,
    question_vectors: Option<QuestionVectors<'_>>,
    memories: impl Iterator<Item = &'a str>,
) -> Vec<TermMatch> {
    let index = Index::from_memories(memories);
    let table = TermTable::new(question, question_vectors, &index);
    index
        .memories()
        .map(|terms| table.match_terms(terms))
        .collect()
}

/// The terms of all memories. Each distinct term has a number.
#[derive(Default)]
struct Index<'a> {
    numbers: HashMap<&'a str, usize>,
    /// The terms in order of their numbers.
    terms: Vec<&'a str>,
    /// How many memories contain each term.
    memory_counts: Vec<u32>,
    /// The term numbers of the first memory, then those of the second, and so on.
    listed: Vec<usize>,
    /// Where the terms of each memory end in `listed`.
    ends: Vec<usize>,
}

impl<'a> Index<'a> {
    fn from_memories(memories: impl Iterator<Item = &'a str>) -> Self {
        let mut index = Self::default();
        for terms in memories {
            terms
                .split('\n')
                .filter(|term| !term.is_empty())
                .for_each(|term| index.list(term));
            index.ends.push(index.listed.len());
        }
        index
    }

    fn list(&mut self, term: &'a str) {
        let number = *self.numbers.entry(term).or_insert_with(|| {
            self.terms.push(term);
            self.memory_counts.push(0);
            self.terms.len() - 1
        });
        self.memory_counts[number] += 1;
        self.listed.push(number);
    }

    /// The term numbers of each memory.
    fn memories(&self) -> impl Iterator<Item = &[usize]> {
        let starts = std::iter::once(&0).chain(&self.ends);
        starts
            .zip(&self.ends)
            .map(|(start, end)| &self.listed[*start..*end])
    }
}

struct TermTable<'a> {
    question_vectors: Option<QuestionVectors<'a>>,
    /// Number of words in the question.
    words: usize,
    /// One row of scores for each term: its strength for each word of the question, its similarity
    /// to each word that has a vector, and its weight and weighted cosine in the mean.
    scores: Vec<f32>,
    /// Length of a row.
    row_len: usize,
}

impl<'a> TermTable<'a> {
    fn new(
        question: &Question,
        question_vectors: Option<QuestionVectors<'a>>,
        index: &Index<'_>,
    ) -> Self {
        let words = question.terms.len();
        let row_len = words + question_vectors.as_ref().map_or(0, QuestionVectors::len) + 2;
        let mut table = Self {
            question_vectors,
            words,
            scores: vec![0.0; index.terms.len() * row_len],
            row_len,
        };
        for (term, row) in index.terms.iter().zip(table.scores.chunks_mut(row_len)) {
            row.iter_mut()
                .zip(&question.terms)
                .for_each(|(score, word)| *score = derived_strength(word, term));
        }
        if let Some(question_vectors) = &mut table.question_vectors {
            let meanings: Vec<Meaning> = index
                .terms
                .iter()
                .map(|term| question_vectors.meaning(term))
                .collect();
            subtract_common_meaning(question_vectors, &meanings, index);
            let memories = index.ends.len() as f64;
            for (at, row) in table.scores.chunks_mut(row_len).enumerate() {
                let rarity = rarity(f64::from(index.memory_counts[at]), memories);
                let (nearest, mean) = row[words..].split_at_mut(row_len - words - 2);
                question_vectors.match_rare(&meanings[at], rarity, nearest);
                mean.copy_from_slice(&question_vectors.share_of_mean(&meanings[at]));
            }
        }
        table
    }

    fn match_terms(&self, terms: &[usize]) -> TermMatch {
        let mut best = vec![0.0_f32; self.row_len - 2];
        let mut weight = 0.0;
        let mut cosine = 0.0;
        for term in terms {
            let row = &self.scores[term * self.row_len..(term + 1) * self.row_len];
            let (scores, mean) = row.split_at(self.row_len - 2);
            best.iter_mut()
                .zip(scores)
                .for_each(|(best, score)| *best = best.max(*score));
            weight += mean[0];
            cosine += mean[1];
        }
        let nearest = best.split_off(self.words);
        let met = self
            .question_vectors
            .as_ref()
            .map_or(0.0, |question_vectors| question_vectors.coverage(&nearest));
        let mean = if weight > 0.0 {
            f64::from(cosine / weight)
        } else {
            0.0
        };
        TermMatch {
            strengths: best,
            met,
            mean,
        }
    }
}

/// Removes from the question's vector what all memories have in common.
fn subtract_common_meaning(
    question_vectors: &mut QuestionVectors<'_>,
    meanings: &[Meaning],
    index: &Index<'_>,
) {
    let mut shares = vec![0.0_f32; meanings.len()];
    for terms in index.memories() {
        let weight: f32 = terms.iter().map(|term| meanings[*term].weight()).sum();
        if weight > 0.0 {
            terms
                .iter()
                .for_each(|term| shares[*term] += weight.recip());
        }
    }
    question_vectors.remove_common_words(meanings.iter().zip(shares));
}
