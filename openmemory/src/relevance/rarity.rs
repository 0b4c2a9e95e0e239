//! How much a word tells memories apart.

/// 1 for what one of so many memories has, down to nearly 0 for what all of them have; a little
/// more than 1 for what none has. The inverse document frequency of BM25, scaled.
pub(crate) fn rarity(document_count: f64, among: f64) -> f64 {
    let among = among.max(document_count).max(1.0) + 1.0;
    (among / (document_count + HALF)).ln() / (among / (1.0 + HALF)).ln()
}

const HALF: f64 = 0.5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_few_memories_have_is_rare_among_few_and_many() {
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
