//! What each term of a caller's memories says about a question, worked out once for all memories
//! that have it.

use std::collections::HashMap;

use crate::embedding::{Meaning, QuestionVectors};
use crate::relevance::{Question, derived_strength, rarity};

/// A memory by its terms.
pub(super) struct TermMatch {
    /// How surely each word of the question is there, 0..=1.
    pub(super) strengths: Vec<f32>,
    /// How well the question's words are met in meaning, by words that few memories have more.
    pub(super) met: f64,
    /// How near it is to the question in the mean.
    pub(super) mean: f64,
}

/// Each memory by its terms, of which each stands in a line of its own.
pub(super) fn match_terms<'a>(
    question: &Question,
    asked: Option<QuestionVectors<'_>>,
    memories: impl Iterator<Item = &'a str>,
) -> Vec<TermMatch> {
    let index = Index::from_memories(memories);
    let table = TermTable::new(question, asked, &index);
    index
        .memories()
        .map(|terms| table.match_terms(terms))
        .collect()
}

/// The terms of all memories, each term with a number.
#[derive(Default)]
struct Index<'a> {
    numbers: HashMap<&'a str, usize>,
    /// In the order of their numbers.
    terms: Vec<&'a str>,
    /// How many memories have each.
    having: Vec<u32>,
    /// The terms of the first memory, then those of the second, and so on.
    listed: Vec<usize>,
    /// Where in `listed` those of each memory end.
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
            self.having.push(0);
            self.terms.len() - 1
        });
        self.having[number] += 1;
        self.listed.push(number);
    }

    /// The numbers of each memory's terms.
    fn memories(&self) -> impl Iterator<Item = &[usize]> {
        let starts = std::iter::once(&0).chain(&self.ends);
        starts
            .zip(&self.ends)
            .map(|(start, end)| &self.listed[*start..*end])
    }
}

struct TermTable<'a> {
    asked: Option<QuestionVectors<'a>>,
    /// How many words the question has.
    words: usize,
    /// Of each term its strength for each word of the question, its nearness to each of them that
    /// the table knows, and its weight and weighted cosine in the mean.
    numbers: Vec<f32>,
    /// How many numbers a term has.
    size: usize,
}

impl<'a> TermTable<'a> {
    fn new(question: &Question, asked: Option<QuestionVectors<'a>>, index: &Index<'_>) -> Self {
        let words = question.terms.len();
        let size = words + asked.as_ref().map_or(0, QuestionVectors::len) + 2;
        let mut table = Self {
            asked,
            words,
            numbers: vec![0.0; index.terms.len() * size],
            size,
        };
        for (term, numbers) in index.terms.iter().zip(table.numbers.chunks_mut(size)) {
            numbers
                .iter_mut()
                .zip(&question.terms)
                .for_each(|(number, word)| *number = derived_strength(word, term));
        }
        if let Some(asked) = &mut table.asked {
            let meanings: Vec<Meaning> =
                index.terms.iter().map(|term| asked.meaning(term)).collect();
            subtract_common_meaning(asked, &meanings, index);
            let among = index.ends.len() as f64;
            for (at, numbers) in table.numbers.chunks_mut(size).enumerate() {
                let rarity = rarity(f64::from(index.having[at]), among);
                let (nearest, mean) = numbers[words..].split_at_mut(size - words - 2);
                asked.match_rare(&meanings[at], rarity, nearest);
                mean.copy_from_slice(&asked.share_of_mean(&meanings[at]));
            }
        }
        table
    }

    fn match_terms(&self, terms: &[usize]) -> TermMatch {
        let mut best = vec![0.0_f32; self.size - 2];
        let (mut weight, mut cosine) = (0.0, 0.0);
        for term in terms {
            let (numbers, mean) =
                self.numbers[term * self.size..(term + 1) * self.size].split_at(self.size - 2);
            best.iter_mut()
                .zip(numbers)
                .for_each(|(best, number)| *best = best.max(*number));
            weight += mean[0];
            cosine += mean[1];
        }
        let nearest = best.split_off(self.words);
        let met = self
            .asked
            .as_ref()
            .map_or(0.0, |asked| asked.coverage(&nearest));
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

/// Tells the question what all memories have in common.
fn subtract_common_meaning(
    asked: &mut QuestionVectors<'_>,
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
    asked.remove_common_words(meanings.iter().zip(shares));
}
