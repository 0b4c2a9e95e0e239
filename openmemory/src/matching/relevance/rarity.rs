//! How well a word tells memories apart.

/// Returns the rarity of a word that `document_count` of `among` memories have: 1 if a single
/// memory has it, almost 0 if all do, and slightly more than 1 if none does. This is the inverse
/// document frequency of BM25, scaled.
pub(crate) fn rarity(document_count: f64, among: f64) -> f64 {
    let among = among.max(document_count).max(1.0) + 1.0;
    (among / (document_count + SMOOTHING)).ln() / (among / (1.0 + SMOOTHING)).ln()
}

const SMOOTHING: f64 = 0.5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_few_memories_are_rare() {
        for among in [1.0, 2.0, 10.0, 10_000.0] {
            assert!((rarity(1.0, among) - 1.0).abs() < 1e-9, "{among}");
            assert!(rarity(0.0, among) > 1.0, "{among}");
            assert!((0.0..=1.0).contains(&rarity(among, among)), "{among}");
        }
        assert!(rarity(5.0, 10.0) < rarity(2.0, 10.0));
        assert!(rarity(500.0, 1_000.0) < 0.15);
        assert!(rarity(0.0, 0.0).is_finite());
    }
}
