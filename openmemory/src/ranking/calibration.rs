//! Puts the cosines of every embedding model on one scale: 0.7 means "this answers the question".
//!
//! One model's cosines lie between 0 and 0.6, another's between 0.7 and 0.9. So the cosine of a
//! memory is placed between two reference points: 0 is the similarity of the caller's other
//! memories, 1 is identical text. No constant here depends on a model.

use crate::matching::to_four_decimals;

/// The features of a memory with respect to a question.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Features {
    /// Cosine of their vectors, -1..=1.
    pub(crate) cosine: f64,
    /// Mean cosine of the caller's other memories and of one unrelated text.
    pub(crate) others: f64,
    /// Cosine of a question and an unrelated text.
    pub(crate) unrelated_cosine: f64,
    /// Number of compared memories, including this one.
    pub(crate) among: usize,
    /// How much larger the cosine is than that of every other memory. It is 0 for all but the
    /// closest memory.
    pub(crate) margin: f64,
    /// Share of the question's words that the memory covers, 0..=1. `None` if it shares no word.
    pub(crate) words: Option<f64>,
    /// Whether the memory may contain the kind of answer that the question expects.
    pub(crate) may_answer: bool,
    /// Whether the question names a person whom several memories mention, but not this one.
    pub(crate) misses_person: bool,
}

// The weights were fitted on `benchmarks/retrieval/fit.txt`, and those for many memories and other
// people on LoCoMo. They were chosen for all-MiniLM-L6-v2 and multilingual-e5-small together, so
// that few unanswerable questions reach 0.7. `set.txt` and `benchmarks/recall`, with other callers,
// show how well that generalises.

/// Log-odds added for a distance of 1 from the other memories.
const CLOSENESS_WEIGHT: f64 = 8.0;
/// Log-odds added for a margin of 1 over every other memory.
const MARGIN_WEIGHT: f64 = 15.0;
/// Log-odds added per unit of the cubed relevance by words. Cubed, because covering half of a
/// question's words says little.
const WORDS_WEIGHT: f64 = 4.0;
/// Log-odds subtracted when the question expects a number, name or time and the memory has none.
const MISMATCH_PENALTY: f64 = 5.0;
/// Log-odds subtracted when the question is about another person.
const OTHER_PERSON_PENALTY: f64 = 6.0;
/// Log-odds subtracted per natural logarithm of the number of memories above [`FEW_MEMORIES`]:
/// among many memories, one is close by chance.
const CROWD_PENALTY: f64 = 0.6;
const FEW_MEMORIES: f64 = 8.0;
/// Log-odds when all features are 0.
const BASE_LOG_ODDS: f64 = -3.7;
/// A memory that shares no word and exceeds the unrelated cosine by less than this distance is no
/// answer.
const MIN_DISTANCE: f64 = 0.03;
/// Minimum span between a baseline and 1. Closer baselines carry no information.
const MIN_SPAN: f64 = 1e-3;

impl Features {
    /// Returns the relevance of a memory, or `None` if it has nothing to do with the question.
    pub(crate) fn relevance(self) -> Option<f64> {
        if self.words.is_none() && self.distance(self.unrelated_cosine) < MIN_DISTANCE {
            return None;
        }
        let mismatch = if self.may_answer {
            0.0
        } else {
            MISMATCH_PENALTY
        };
        let other_person = if self.misses_person {
            OTHER_PERSON_PENALTY
        } else {
            0.0
        };
        let log_odds = CLOSENESS_WEIGHT * self.distance(self.others)
            + MARGIN_WEIGHT * self.margin / span_above(self.others)
            + WORDS_WEIGHT * self.words.unwrap_or_default().powi(3)
            + BASE_LOG_ODDS
            - CROWD_PENALTY * (self.among as f64 / FEW_MEMORIES).max(1.0).ln()
            - mismatch
            - other_person;
        let relevance = 1.0 / (1.0 + (-log_odds).exp());
        Some(to_four_decimals(relevance))
    }

    /// Position of the cosine between `baseline` (0) and identical text (1).
    fn distance(self, baseline: f64) -> f64 {
        (self.cosine - baseline) / span_above(baseline)
    }
}

fn span_above(baseline: f64) -> f64 {
    (1.0 - baseline).max(MIN_SPAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Unrelated cosines of two models.
    const SCALES: [f64; 2] = [0.1, 0.78];

    /// Builds features with the given distance and margin on the scale of a model.
    fn features(unrelated_cosine: f64, distance: f64, margin: f64, words: Option<f64>) -> Features {
        let at = |distance: f64| unrelated_cosine + distance * (1.0 - unrelated_cosine);
        let margin = margin * (1.0 - unrelated_cosine);
        Features {
            cosine: at(distance),
            others: unrelated_cosine,
            unrelated_cosine,
            among: 8,
            margin,
            words,
            may_answer: true,
            misses_person: false,
        }
    }

    fn relevance(
        unrelated_cosine: f64,
        distance: f64,
        margin: f64,
        words: Option<f64>,
    ) -> Option<f64> {
        features(unrelated_cosine, distance, margin, words).relevance()
    }

    #[test]
    fn each_feature_raises_the_relevance_and_without_any_there_is_none() {
        for unrelated_cosine in SCALES {
            assert_eq!(relevance(unrelated_cosine, 0.02, 0.0, None), None);
            assert!(relevance(unrelated_cosine, 0.02, 0.0, Some(0.2)).is_some());
            assert!(
                relevance(unrelated_cosine, 0.5, 0.0, None)
                    > relevance(unrelated_cosine, 0.4, 0.0, None)
            );
            assert!(
                relevance(unrelated_cosine, 0.4, 0.1, None)
                    > relevance(unrelated_cosine, 0.4, 0.0, None)
            );
            assert!(
                relevance(unrelated_cosine, 0.4, 0.0, Some(0.9))
                    > relevance(unrelated_cosine, 0.4, 0.0, Some(0.4))
            );
        }
    }

    #[test]
    fn only_answers_reach_seven_tenths_on_the_scale_of_any_model() {
        for unrelated_cosine in SCALES {
            assert!(
                relevance(unrelated_cosine, 0.2, 0.0, Some(0.95)).unwrap() >= 0.7,
                "covers the words and is close"
            );
            assert!(
                relevance(unrelated_cosine, 0.4, 0.1, None).unwrap() >= 0.7,
                "close, and no other memory is"
            );
            assert!(
                relevance(unrelated_cosine, 0.4, 0.0, None).unwrap() < 0.7,
                "close, but so is another memory"
            );
            let without_it = Features {
                may_answer: false,
                ..features(unrelated_cosine, 0.6, 0.2, None)
            };
            assert!(
                without_it.relevance().unwrap() < 0.7,
                "close, but has no answer of the expected kind"
            );
            let of_many = Features {
                among: 250,
                ..features(unrelated_cosine, 0.4, 0.1, None)
            };
            assert!(
                of_many.relevance().unwrap() < 0.7,
                "close, but one of many may be so by chance"
            );
            let of_another = Features {
                misses_person: true,
                ..features(unrelated_cosine, 0.4, 0.1, None)
            };
            assert!(
                of_another.relevance().unwrap() < 0.7,
                "close, but about another person"
            );
        }
    }

    #[test]
    fn a_model_without_contrast_gives_low_relevance() {
        assert!(relevance(1.0, 0.0, 0.0, Some(0.3)).unwrap() < 0.5);
    }

    #[test]
    fn the_relevance_does_not_depend_on_the_scale_of_the_model() {
        for (distance, margin, words) in
            [(0.3, 0.0, None), (0.45, 0.12, None), (0.1, 0.0, Some(0.8))]
        {
            let [one, other] = SCALES.map(|unrelated_cosine| {
                relevance(unrelated_cosine, distance, margin, words).unwrap()
            });
            assert!((one - other).abs() < 1e-3, "{one} {other}");
        }
    }
}
