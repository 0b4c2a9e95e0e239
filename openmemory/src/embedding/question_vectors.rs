//! Compares one question with many texts by word vectors. Looked-up words are cached for the
//! duration of the question.

use std::collections::{HashMap, HashSet};

use text::Word;

use super::embedded_text::{
    Closeness, EmbeddedText, GRAMMAR_MATCH_WEIGHT, GRAMMAR_MAX_WEIGHT, TableMatch, Vector,
    WeightedWord, look_up, look_up_spelling,
};
use super::question_cosines::QuestionCosines;
use super::table::{Row, Table};
use crate::matching::rarity;

/// A question by its word vectors, with a cache of everything looked up so far.
pub(crate) struct QuestionVectors<'a> {
    table: &'a Table,
    question: EmbeddedText,
    /// Mean vector of the question, minus most of what all texts have in common with it.
    direction: Vector,
    /// Table entries of simple words, by folded spelling.
    spellings: HashMap<String, Vec<TableMatch>>,
    cosines: QuestionCosines,
}

/// The table entries that one spelling stands for.
pub(crate) struct Meaning(Vec<WeightedWord>);

/// Share of the texts' common direction that is removed from the question. Any full sentence is
/// close to a question phrased as a sentence, while bare keywords are close to none.
const COMMON_SHARE: f32 = 0.75;
/// With few texts, the common direction may be the answer itself. So the mean is computed as if
/// there were this many more texts that have nothing in common.
const PRIOR_TEXTS: f32 = 5.0;

impl<'a> QuestionVectors<'a> {
    /// Creates a question from its words.
    pub(crate) fn new(table: &'a Table, words: &[Word]) -> Self {
        let matches = words
            .iter()
            .flat_map(|word| look_up(table, word))
            .map(|table_match| (table_match, 1.0));
        let question = EmbeddedText::new(table, matches);
        let direction = question.mean().clone();
        Self {
            table,
            question,
            direction,
            spellings: HashMap::new(),
            cosines: QuestionCosines::default(),
        }
    }

    /// Computes how close each text is to the question. Each text is an iterator over its words and
    /// their weights; `sample_weights` holds the number of texts that each one represents.
    pub(crate) fn closeness<'w, T>(
        &mut self,
        texts: impl Iterator<Item = T>,
        sample_weights: &[f64],
    ) -> Vec<Closeness>
    where
        T: Iterator<Item = (&'w Word, f32)>,
    {
        let embedded_texts: Vec<EmbeddedText> = texts.map(|text| self.embed(text)).collect();
        let mut common = Vector::zero(self.table);
        embedded_texts
            .iter()
            .zip(sample_weights)
            .for_each(|(embedded, times)| common.add(embedded.mean(), *times as f32));
        self.remove_common(&common, sample_weights.iter().sum::<f64>() as f32);
        let document_counts = document_counts(&embedded_texts, sample_weights);
        let among = sample_weights.iter().sum();
        let rarity =
            |row: &Row| rarity(document_counts.get(row).copied().unwrap_or_default(), among);
        embedded_texts
            .iter()
            .map(|embedded| self.closeness_of(embedded, rarity))
            .collect()
    }

    fn closeness_of(&mut self, text: &EmbeddedText, rarity: impl Fn(&Row) -> f64) -> Closeness {
        let mut nearest = vec![0.0; self.question.words().len()];
        let mut nearest_rare = nearest.clone();
        for word in text.words() {
            self.match_word(*word, 1.0, &mut nearest);
            self.match_word(*word, match_weight(rarity(&word.row)), &mut nearest_rare);
        }
        Closeness {
            mean: f64::from(text.mean().cosine(&self.direction)),
            word_by_word: self.coverage(&nearest),
            word_by_rare_word: self.coverage(&nearest_rare),
        }
    }

    /// Number of question words that the table knows.
    pub(crate) fn len(&self) -> usize {
        self.question.words().len()
    }

    /// Looks up a folded spelling.
    pub(crate) fn meaning(&self, spelling: &str) -> Meaning {
        let matches = look_up_spelling(self.table, spelling);
        Meaning(
            matches
                .into_iter()
                .map(|table_match| WeightedWord::new(self.table, table_match, 1.0))
                .collect(),
        )
    }

    /// Removes what all texts have in common from the question. `shares` holds each meaning with
    /// its total weight in all texts.
    pub(crate) fn remove_common_words<'m>(
        &mut self,
        shares: impl Iterator<Item = (&'m Meaning, f32)>,
    ) {
        let mut common = Vector::zero(self.table);
        let mut texts = 0.0;
        for (meaning, share) in shares {
            let words = meaning.0.iter().map(|word| WeightedWord {
                weight: word.weight * share,
                ..*word
            });
            words.for_each(|word| common.add_word(self.table, word));
            texts += meaning.weight() * share;
        }
        self.remove_common(&common, texts);
    }

    fn remove_common(&mut self, sum: &Vector, texts: f32) {
        if self.len() == 0 {
            return;
        }
        let mut direction = self.question.mean().clone();
        direction.add(sum, -COMMON_SHARE / (texts + PRIOR_TEXTS));
        direction.normalise();
        self.direction = direction;
    }

    /// Raises `nearest`, which has one value for each question word, to the similarity with a
    /// meaning of this rarity.
    pub(crate) fn match_rare(&mut self, meaning: &Meaning, rarity: f64, nearest: &mut [f32]) {
        meaning
            .0
            .iter()
            .for_each(|word| self.match_word(*word, match_weight(rarity), nearest));
    }

    /// Returns the meaning's weight in the mean of a text, and that weight times its cosine with
    /// the question.
    pub(crate) fn share_of_mean(&self, meaning: &Meaning) -> [f32; 2] {
        let cosine =
            |word: &WeightedWord| word.weight * self.direction.cosine_with(self.table, word.row);
        [meaning.weight(), meaning.0.iter().map(cosine).sum()]
    }

    /// Returns how well the question's words are covered on average (0..=1), given the similarity
    /// of the nearest word to each of them.
    pub(crate) fn coverage(&self, nearest: &[f32]) -> f64 {
        let words = self.question.words();
        let weight: f32 = words.iter().map(|word| word.weight).sum();
        let coverage: f32 = words
            .iter()
            .zip(nearest)
            .map(|(word, nearest)| word.weight * (nearest * nearest))
            .sum();
        if weight > 0.0 {
            f64::from(coverage / weight)
        } else {
            0.0
        }
    }

    fn embed<'w>(&mut self, words: impl Iterator<Item = (&'w Word, f32)>) -> EmbeddedText {
        let mut matches = Vec::new();
        for (word, weight) in words {
            self.look_up(word, |table_match| matches.push((table_match, weight)));
        }
        EmbeddedText::new(self.table, matches.into_iter())
    }

    fn look_up(&mut self, word: &Word, mut each: impl FnMut(TableMatch)) {
        if !word.parts.is_empty() {
            return look_up(self.table, word).into_iter().for_each(each);
        }
        if let Some(known) = self.spellings.get(&word.whole) {
            return known.iter().copied().for_each(each);
        }
        let matches = look_up(self.table, word);
        matches.iter().copied().for_each(&mut each);
        self.spellings.insert(word.whole.clone(), matches);
    }

    fn match_word(&mut self, word: WeightedWord, match_weight: f32, nearest: &mut [f32]) {
        let cosines = self
            .cosines
            .with_word(self.table, self.question.words(), word.row);
        let part = if word.weight < GRAMMAR_MAX_WEIGHT {
            GRAMMAR_MATCH_WEIGHT
        } else {
            1.0
        };
        for (nearest, cosine) in nearest.iter_mut().zip(cosines) {
            *nearest = nearest.max(match_weight * part * cosine);
        }
    }
}

impl Meaning {
    /// Total weight of its words.
    pub(crate) fn weight(&self) -> f32 {
        self.0.iter().map(|word| word.weight).sum()
    }
}

/// Counts the texts that contain each table word. A text counts as often as `sample_weights` says.
fn document_counts(embedded_texts: &[EmbeddedText], sample_weights: &[f64]) -> HashMap<Row, f64> {
    let mut document_counts = HashMap::new();
    for (embedded, times) in embedded_texts.iter().zip(sample_weights) {
        let rows: HashSet<Row> = embedded.words().iter().map(|word| word.row).collect();
        rows.into_iter()
            .for_each(|row| *document_counts.entry(row).or_default() += times);
    }
    document_counts
}

/// Weight of a matched word of the given rarity.
fn match_weight(rarity: f64) -> f32 {
    rarity.clamp(0.0, 1.0).sqrt() as f32
}

#[cfg(test)]
mod tests;
