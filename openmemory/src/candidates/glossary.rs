//! What each term of a caller's memories says about a question, worked out once for all memories
//! that have it.

use std::collections::HashMap;

use crate::embedding::Asked;
use crate::relevance::{Question, derived_strength};

pub(super) struct Glossary<'a> {
    question: &'a Question,
    asked: Option<Asked<'a>>,
    /// Where the numbers of a term begin: its strength for each word of the question, its nearness
    /// to each of them that the table knows, and its weight and weighted cosine in the mean.
    entries: HashMap<&'a str, usize>,
    numbers: Vec<f32>,
}

/// A memory by its terms.
pub(super) struct Seen {
    /// How surely each word of the question is there, 0..=1.
    pub(super) strengths: Vec<f32>,
    /// How well the question's words are met in meaning.
    pub(super) met: f64,
    /// How near it is to the question in the mean.
    pub(super) mean: f64,
}

impl<'a> Glossary<'a> {
    pub(super) fn new(question: &'a Question, asked: Option<Asked<'a>>) -> Self {
        Self { question, asked, entries: HashMap::new(), numbers: Vec::new() }
    }

    /// A memory with these terms, each in a line of its own.
    pub(super) fn see(&mut self, terms: &'a str) -> Seen {
        let size = self.question.terms.len() + self.known();
        let mut best = vec![0.0_f32; size];
        let (mut weight, mut cosine) = (0.0, 0.0);
        for term in terms.split('\n').filter(|term| !term.is_empty()) {
            let start = self.entry(term);
            let numbers = &self.numbers[start..start + size + 2];
            best.iter_mut().zip(numbers).for_each(|(best, number)| *best = best.max(*number));
            weight += numbers[size];
            cosine += numbers[size + 1];
        }
        let nearest = best.split_off(self.question.terms.len());
        let met = self.asked.as_ref().map_or(0.0, |asked| asked.met(&nearest));
        let mean = if weight > 0.0 { f64::from(cosine / weight) } else { 0.0 };
        Seen { strengths: best, met, mean }
    }

    fn known(&self) -> usize {
        self.asked.as_ref().map_or(0, Asked::len)
    }

    fn entry(&mut self, term: &'a str) -> usize {
        if let Some(start) = self.entries.get(term) {
            return *start;
        }
        let (start, asked_for) = (self.numbers.len(), self.question.terms.len());
        self.numbers.extend(self.question.terms.iter().map(|word| derived_strength(word, term)));
        self.numbers.resize(start + asked_for + self.known(), 0.0);
        let nearest = &mut self.numbers[start + asked_for..];
        let (weight, cosine) = self.asked.as_mut().map_or((0.0, 0.0), |asked| asked.contribution(term, nearest));
        self.numbers.extend([weight, cosine]);
        self.entries.insert(term, start);
        start
    }
}
