//! Paraphrases that share few words, found by vectors and checked by words.

use super::Fact;
use super::similarity::may_be_the_same;

/// What a likeness of exactly `repeats_at` is called: the documented threshold.
const THRESHOLD: f64 = 0.85;

/// How alike two facts are in meaning, on the scale of [`similarity`](super::similarity).
///
/// Vectors of "has 1 child" and "has 3 children" lie close together, so numbers, negations, order and names are
/// compared as words first. A cosine of `repeats_at` counts as 0.85.
pub(crate) fn similarity_in_meaning(old: &Fact, new: &Fact, cosine: f64, repeats_at: f64) -> f64 {
    if !may_be_the_same(old, new) || old.names != new.names || differs_in_one_word(old, new) || cosine <= 0.0 {
        return 0.0;
    }
    let likeness = if cosine < repeats_at {
        cosine / repeats_at * THRESHOLD
    } else {
        THRESHOLD + (cosine - repeats_at) / (1.0 - repeats_at) * (1.0 - THRESHOLD)
    };
    // 1 is for what is the same word for word.
    likeness.min(0.999)
}

/// Whether one word was exchanged for another, or the new one only says more. A vector cannot tell "the left knee" from
/// "the right knee", nor a sofa from a couch: synonyms are told by words.
fn differs_in_one_word(old: &Fact, new: &Fact) -> bool {
    let (gone, added) = (old.keys.difference(&new.keys).count(), new.keys.difference(&old.keys).count());
    added > 0 && (gone == 0 || (gone == 1 && added == 1))
}
