//! What a model's vectors of whole texts say about the caller's memories.

use std::collections::HashMap;

use super::judgement::{Comparison, Judgement, LEAST_SPREAD};
use crate::memory::{Memory, MemoryId, VectorSimilarity};
use crate::relevance::{Features, standardize};

/// How close the memories are to the question in meaning.
pub(crate) struct TextVectors {
    /// Of those memories that have a vector.
    near: HashMap<MemoryId, VectorSimilarity>,
    /// The cosine of texts that have nothing to do with each other.
    unrelated_cosine: f64,
    /// Of all cosines with the question.
    sum: f64,
    /// The largest cosine, and by how much it is larger than the next.
    nearest: f64,
    margin: f64,
}

/// What vectors of whole texts say about the order, and the vectors of single words beside them.
const BY_VECTORS: f64 = 2.0;
const BY_WORD_VECTORS: f64 = 0.5;
/// The part that is taken away of what a memory shares with all memories of the caller: a memory
/// that is near to everything is near to every question.
const COMMON_PART: f64 = 0.75;
/// What few memories share may be the answer: it counts as if there were so many more, which share
/// nothing.
const MORE_MEMORIES: f64 = 100.0;

impl TextVectors {
    /// Of the caller's memories; texts that are unlike have the cosine `unlike`.
    pub(crate) fn new(near: HashMap<MemoryId, VectorSimilarity>, unrelated_cosine: f64) -> Self {
        let (mut nearest, mut next) = (f64::MIN, f64::MIN);
        for cosine in near.values().map(|near| near.to_query) {
            if cosine > nearest {
                (nearest, next) = (cosine, nearest);
            } else {
                next = next.max(cosine);
            }
        }
        // With a single memory there is nothing that it stands out from.
        let margin = if near.len() < 2 { 0.0 } else { nearest - next };
        let sum = near.values().map(|near| near.to_query).sum();
        Self {
            near,
            unrelated_cosine,
            sum,
            nearest,
            margin,
        }
    }

    /// The memories that are nearest to the question, this many at most.
    pub(crate) fn nearest(&self, most: usize) -> Vec<MemoryId> {
        let mut all: Vec<(f64, &MemoryId)> = self
            .near
            .keys()
            .filter_map(|id| Some((self.turned(id)?, id)))
            .collect();
        all.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        all.into_iter()
            .take(most)
            .map(|(_, id)| id.clone())
            .collect()
    }

    pub(super) fn judge(
        &self,
        memories: &[Memory],
        compared: &Comparison<'_>,
        senses: &[Judgement],
    ) -> Vec<Judgement> {
        let turned: Vec<Option<f64>> = memories
            .iter()
            .map(|memory| self.turned(&memory.id))
            .collect();
        let meaning = standardize(&turned, &vec![1.0; turned.len()], self.least_spread());
        let of_words = |at: usize| senses.get(at).map_or(0.0, |sense| sense.meaning);
        let judged = |at: usize| {
            let relevance = self.relevance(&memories[at].id, at, compared);
            Judgement {
                meaning: BY_VECTORS * meaning[at] + BY_WORD_VECTORS * of_words(at),
                relevance: relevance.unwrap_or_default(),
                is_related: relevance.is_some(),
            }
        };
        (0..memories.len()).map(judged).collect()
    }

    /// How near a memory is to the question, without most of what it shares with all memories.
    fn turned(&self, id: &MemoryId) -> Option<f64> {
        let count = self.near.len() as f64;
        let part = COMMON_PART * count / (count + MORE_MEMORIES);
        self.near
            .get(id)
            .map(|near| near.to_query - part * near.to_mean)
    }

    /// [`LEAST_SPREAD`] on the scale of the model: the cosines of some lie between 0.7 and 0.9.
    fn least_spread(&self) -> f64 {
        let mean = self.sum / self.near.len().max(1) as f64;
        (LEAST_SPREAD * (1.0 - mean)).max(f64::EPSILON)
    }

    fn relevance(&self, id: &MemoryId, at: usize, compared: &Comparison<'_>) -> Option<f64> {
        let scored = &compared.scored[at];
        let Some(cosine) = self.near.get(id).map(|near| near.to_query) else {
            return scored.relevance;
        };
        let features = Features {
            cosine,
            // An unlike text beside the others, so that few memories say little and one alone is
            // compared at all.
            others: (self.sum - cosine + self.unrelated_cosine) / self.near.len() as f64,
            unrelated_cosine: self.unrelated_cosine,
            among: self.near.len(),
            margin: if cosine >= self.nearest {
                self.margin
            } else {
                0.0
            },
            words: scored.relevance,
            may_answer: compared.may_answer[at],
            misses_person: scored.misses_person,
        };
        features.relevance()
    }
}
