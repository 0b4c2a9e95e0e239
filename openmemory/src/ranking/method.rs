//! Judges how well each memory answers: by words, by the bundled word vectors, or by a model.

use super::candidate_set::MAX_EXHAUSTIVE;
use super::comparison::{Comparison, Judgement};
use super::text_vectors::TextVectors;
use crate::embedding::Table;
use crate::matching::WordScore;
use crate::memory::Memory;

/// How a question and the memories are compared.
pub(crate) enum Method {
    /// By words only.
    Words,
    /// By words and the bundled word vectors.
    WordVectors(&'static Table),
    /// By words, vectors of whole texts, and the bundled word vectors.
    TextVectors(TextVectors),
}

/// Weight of the words in the ranking if nothing else is compared.
const WORDS_ONLY_WEIGHT: f64 = 10.0;
impl Method {
    /// Judges these memories, in their order.
    pub(super) fn judge(&self, comparison: &Comparison<'_>, memories: &[Memory]) -> Vec<Judgement> {
        match self {
            Self::Words => comparison.scores.iter().map(by_words).collect(),
            Self::WordVectors(table) => comparison.by_word_vectors(table),
            Self::TextVectors(text_vectors) => {
                // Text vectors and word vectors each find what the other misses.
                let table = Table::bundled().filter(|_| memories.len() <= MAX_EXHAUSTIVE);
                let word_vectors = table
                    .map(|table| comparison.by_word_vectors(table))
                    .unwrap_or_default();
                text_vectors.judge(memories, comparison, &word_vectors)
            }
        }
    }
}

/// Judges by words only: the relevance also decides the ranking.
fn by_words(score: &WordScore) -> Judgement {
    let relevance = score.relevance.unwrap_or_default();
    Judgement {
        meaning: WORDS_ONLY_WEIGHT * relevance,
        relevance,
        is_related: relevance > 0.0,
    }
}
