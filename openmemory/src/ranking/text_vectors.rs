//! Compares the vectors of whole memories, made by an embedding model, with the question.

use std::collections::HashMap;

use super::calibration::Features;
use super::comparison::{Comparison, Judgement};
use super::standardize::{LEAST_SPREAD, standardize};
use crate::memory::{Memory, MemoryId, VectorSimilarity};

/// The vector similarities of a caller's memories to a question.
pub(crate) struct TextVectors {
    /// The memories that have a vector.
    similarities: HashMap<MemoryId, VectorSimilarity>,
    /// The cosine of unrelated texts.
    unrelated_cosine: f64,
    /// Sum of all cosines with the question.
    sum: f64,
    /// The largest cosine with the question.
    nearest: f64,
    /// The difference between the largest cosine and the next.
    margin: f64,
}

/// Weights of the vectors of whole texts and of single words in the ranking.
const TEXT_VECTOR_WEIGHT: f64 = 2.0;
const WORD_VECTOR_WEIGHT: f64 = 0.5;
/// How much of the similarity to all memories is subtracted. A memory that is similar to everything
/// is similar to every question.
const COMMON_PART: f64 = 0.75;
/// Number of imaginary memories with nothing in common that are added to the average. What a few
/// memories share may be the answer, so with few memories less is subtracted.
const SMOOTHING_MEMORIES: f64 = 100.0;

impl TextVectors {
    /// Collects the similarities of a caller's memories. `unrelated_cosine` is the model's cosine
    /// of unrelated texts.
    pub(crate) fn new(
        similarities: HashMap<MemoryId, VectorSimilarity>,
        unrelated_cosine: f64,
    ) -> Self {
        let mut nearest = f64::MIN;
        let mut next = f64::MIN;
        for cosine in similarities.values().map(|similarity| similarity.to_query) {
            if cosine > nearest {
                (nearest, next) = (cosine, nearest);
            } else {
                next = next.max(cosine);
            }
        }
        // A single memory has nothing to stand out from.
        let margin = if similarities.len() < 2 {
            0.0
        } else {
            nearest - next
        };
        let sum = similarities
            .values()
            .map(|similarity| similarity.to_query)
            .sum();
        Self {
            similarities,
            unrelated_cosine,
            sum,
            nearest,
            margin,
        }
    }

    /// The ids of the memories most similar to the question, at most `most`.
    pub(crate) fn nearest(&self, most: usize) -> Vec<MemoryId> {
        let mut all: Vec<(f64, &MemoryId)> = self
            .similarities
            .keys()
            .filter_map(|id| Some((self.distinctive_similarity(id)?, id)))
            .collect();
        all.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        all.into_iter()
            .take(most)
            .map(|(_, id)| id.clone())
            .collect()
    }

    /// Judges the memories by their vectors, and by word vectors where given.
    pub(super) fn judge(
        &self,
        memories: &[Memory],
        comparison: &Comparison<'_>,
        by_word_vectors: &[Judgement],
    ) -> Vec<Judgement> {
        let distinctive: Vec<Option<f64>> = memories
            .iter()
            .map(|memory| self.distinctive_similarity(&memory.id))
            .collect();
        let meaning = standardize(
            &distinctive,
            &vec![1.0; distinctive.len()],
            self.least_spread(),
        );
        (0..memories.len())
            .map(|at| {
                let by_words = by_word_vectors
                    .get(at)
                    .map_or(0.0, |judgement| judgement.meaning);
                let relevance = self.relevance(&memories[at].id, at, comparison);
                Judgement {
                    meaning: TEXT_VECTOR_WEIGHT * meaning[at] + WORD_VECTOR_WEIGHT * by_words,
                    relevance: relevance.unwrap_or_default(),
                    is_related: relevance.is_some(),
                }
            })
            .collect()
    }

    /// The similarity of a memory to the question, minus most of its similarity to all memories.
    fn distinctive_similarity(&self, id: &MemoryId) -> Option<f64> {
        let count = self.similarities.len() as f64;
        let part = COMMON_PART * count / (count + SMOOTHING_MEMORIES);
        self.similarities
            .get(id)
            .map(|similarity| similarity.to_query - part * similarity.to_mean)
    }

    /// [`LEAST_SPREAD`] scaled to the model: the cosines of some models lie between 0.7 and 0.9.
    fn least_spread(&self) -> f64 {
        let mean = self.sum / self.similarities.len().max(1) as f64;
        (LEAST_SPREAD * (1.0 - mean)).max(f64::EPSILON)
    }

    fn relevance(&self, id: &MemoryId, at: usize, comparison: &Comparison<'_>) -> Option<f64> {
        let scores = &comparison.scores[at];
        let Some(cosine) = self
            .similarities
            .get(id)
            .map(|similarity| similarity.to_query)
        else {
            return scores.relevance;
        };
        let features = Features {
            cosine,
            // One unrelated text is added to the average, so that few memories prove little and a
            // single memory can be comparison.
            others: (self.sum - cosine + self.unrelated_cosine) / self.similarities.len() as f64,
            unrelated_cosine: self.unrelated_cosine,
            among: self.similarities.len(),
            margin: if cosine >= self.nearest {
                self.margin
            } else {
                0.0
            },
            words: scores.relevance,
            may_answer: comparison.may_answer[at],
            misses_person: scores.misses_person,
        };
        features.relevance()
    }
}
