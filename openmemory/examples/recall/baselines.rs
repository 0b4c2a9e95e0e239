//! Baselines for the ranking of the service: BM25, plain cosine, and the fusion of both.

use std::collections::HashMap;

/// The usual parameters of BM25.
const K1: f64 = 1.2;
const B: f64 = 0.75;
/// The usual constant of reciprocal rank fusion.
const K: f64 = 60.0;

/// Splits a text into lower-case words.
fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    lower
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The BM25 index of one caller's memories.
pub(crate) struct Bm25 {
    /// Count of each word in each memory.
    counts: Vec<HashMap<String, f64>>,
    lengths: Vec<f64>,
    mean_length: f64,
    /// Number of memories that contain each word.
    document_counts: HashMap<String, f64>,
}

impl Bm25 {
    pub(crate) fn new<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut counts = Vec::new();
        let mut lengths = Vec::new();
        let mut document_counts: HashMap<String, f64> = HashMap::new();
        for text in texts {
            let words = words(text);
            lengths.push(words.len() as f64);
            let mut text_counts: HashMap<String, f64> = HashMap::new();
            words
                .into_iter()
                .for_each(|word| *text_counts.entry(word).or_default() += 1.0);
            text_counts
                .keys()
                .for_each(|word| *document_counts.entry(word.clone()).or_default() += 1.0);
            counts.push(text_counts);
        }
        let mean_length = lengths.iter().sum::<f64>() / lengths.len().max(1) as f64;
        Self {
            counts,
            lengths,
            mean_length,
            document_counts,
        }
    }

    /// Returns the memories that share a word with the question, best first.
    pub(crate) fn rank(&self, question: &str) -> Vec<usize> {
        let words = words(question);
        let scores =
            (0..self.counts.len()).map(|at| words.iter().map(|word| self.score(at, word)).sum());
        best_first(
            scores
                .enumerate()
                .filter(|(_, score): &(usize, f64)| *score > 0.0),
        )
    }

    fn score(&self, at: usize, word: &str) -> f64 {
        let Some(count) = self.counts[at].get(word) else {
            return 0.0;
        };
        let document_counts = self.document_counts[word];
        let rarity = (1.0
            + (self.counts.len() as f64 - document_counts + 0.5) / (document_counts + 0.5))
            .ln();
        let length = 1.0 - B + B * self.lengths[at] / self.mean_length;
        rarity * count * (K1 + 1.0) / (count + K1 * length)
    }
}

/// Returns all memories, closest first. The vectors have length 1.
pub(crate) fn by_cosine(question: &[f32], memories: &[Vec<f32>]) -> Vec<usize> {
    let cosine = |memory: &Vec<f32>| {
        f64::from(
            memory
                .iter()
                .zip(question)
                .map(|(one, other)| one * other)
                .sum::<f32>(),
        )
    };
    best_first(memories.iter().map(cosine).enumerate())
}

/// Returns the reciprocal rank fusion of two rankings.
pub(crate) fn fuse(one: &[usize], other: &[usize]) -> Vec<usize> {
    let mut scores: HashMap<usize, f64> = HashMap::new();
    for ranking in [one, other] {
        for (rank, memory) in ranking.iter().enumerate() {
            *scores.entry(*memory).or_default() += 1.0 / (K + (rank + 1) as f64);
        }
    }
    let mut scores: Vec<(usize, f64)> = scores.into_iter().collect();
    scores.sort_by_key(|(memory, _)| *memory);
    best_first(scores.into_iter())
}

/// Sorts by score; equal scores keep their order.
fn best_first(scores: impl Iterator<Item = (usize, f64)>) -> Vec<usize> {
    let mut scores: Vec<(usize, f64)> = scores.collect();
    scores.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    scores.into_iter().map(|(memory, _)| memory).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: [&str; 4] = [
        "The invoice is paid.",
        "The order 4711 is late, the order is lost.",
        "Straße und ÉCOLE",
        "The dog likes the rain, and the dog likes the very long walks by the sea in the rain.",
    ];

    fn bm25() -> Bm25 {
        Bm25::new(TEXTS.into_iter())
    }

    #[test]
    fn bm25_prefers_rare_words_and_short_texts_and_skips_texts_without_a_match() {
        assert_eq!(bm25().rank("the invoice"), [0, 3, 1]);
        assert_eq!(bm25().rank("ORDER"), [1]);
        assert_eq!(bm25().rank("école"), [2]);
        assert!(bm25().rank("payment").is_empty());
    }

    #[test]
    fn the_bm25_score_follows_the_formula() {
        // "invoice" occurs once in the first of 4 texts, which has 4 of 35 words.
        let rarity = (1.0f64 + 3.5 / 1.5).ln();
        let length = 0.25 + 0.75 * 4.0 / (35.0 / 4.0);
        let expected = rarity * 2.2 / (1.0 + 1.2 * length);
        assert!((bm25().score(0, "invoice") - expected).abs() < 1e-12);
        assert!(bm25().score(1, "order") > 0.0);
    }

    #[test]
    fn vectors_are_ranked_by_cosine_and_ties_keep_their_order() {
        let memories = [
            vec![0.0, 1.0],
            vec![1.0, 0.0],
            vec![0.6, 0.8],
            vec![1.0, 0.0],
        ];
        assert_eq!(by_cosine(&[1.0, 0.0], &memories), [1, 3, 2, 0]);
    }

    #[test]
    fn fusion_prefers_memories_that_both_rank_high() {
        assert_eq!(fuse(&[0, 1], &[1, 2, 0]), [1, 0, 2]);
        assert_eq!(fuse(&[], &[2, 1]), [2, 1]);
        // First and third scores higher than second and second.
        assert_eq!(fuse(&[5, 7, 9], &[8, 7, 5]), [5, 7, 8, 9]);
        // First and tenth scores lower than second and third.
        assert_eq!(fuse(&[0, 1], &[2, 3, 1, 4, 5, 6, 7, 8, 9, 0])[..2], [1, 0]);
    }
}
