//! One scale for every embedding: 0.7 means "this answers the question".
//!
//! The cosines of one model lie between 0 and 0.6, those of another between 0.7 and 0.9. So a
//! memory is seen in the distance between what is like the question by chance and what is the
//! question itself: 0 is as near as the caller's other memories, 1 is the same text. No constant
//! here depends on a model.

use super::to_four_decimals;

/// What is known of a memory and a question.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Features {
    /// Of their vectors, -1..=1.
    pub(crate) cosine: f64,
    /// The mean cosine of the caller's other memories, and of one that has nothing to do with the
    /// question.
    pub(crate) others: f64,
    /// The cosine of a question and a text that have nothing to do with each other.
    pub(crate) unrelated_cosine: f64,
    /// How many memories are compared, this one among them.
    pub(crate) among: usize,
    /// By how much the cosine is larger than every other memory's; 0 for all but the closest.
    pub(crate) margin: f64,
    /// The share of the question's words that it covers, 0..=1; none when it shares no word.
    pub(crate) words: Option<f64>,
    /// Whether what the question expects may be in it.
    pub(crate) may_answer: bool,
    /// Whether the question names a person of whom several memories tell, and this one does not.
    pub(crate) misses_person: bool,
}

// Chosen on `benchmarks/retrieval/fit.txt`, and those for many memories and other people on LoCoMo,
// with all-MiniLM-L6-v2 and multilingual-e5-small alike, so that 0.7 lets few unanswerable
// questions through; `set.txt` and `benchmarks/recall`, of other callers, say how well that holds.

/// What a memory at the distance of 1 adds to the log-log_odds that it answers.
const CLOSENESS_WEIGHT: f64 = 8.0;
/// What is added where it is closer than every other by the distance of 1.
const MARGIN_WEIGHT: f64 = 15.0;
/// What one unit of the cube of the relevance by words adds: half of a question's words says
/// little.
const WORDS_WEIGHT: f64 = 4.0;
/// What is taken away when the question expects a number, a name, a time, and there is none.
const MISMATCH_PENALTY: f64 = 5.0;
/// What is taken away when the question is about another person.
const OTHER_PERSON_PENALTY: f64 = 6.0;
/// What is taken away for each e-fold of memories above [`FEW_MEMORIES`]: of many memories one is near by
/// chance.
const CROWD_PENALTY: f64 = 0.6;
const FEW_MEMORIES: f64 = 8.0;
/// The log-log_odds when all are 0.
const BASE_LOG_ODDS: f64 = -3.7;
/// A memory that is nearer than unlike texts by less than this distance and shares no word is no
/// answer at all.
const MIN_DISTANCE: f64 = 0.03;
/// Cosines that are nearer to 1 than this tell nothing apart.
const MIN_SPAN: f64 = 1e-3;

impl Features {
    /// The relevance of a memory; `None` when it has nothing to do with the question.
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

    /// How far it is from `baseline` to the question itself.
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

    /// The scales of two models: the cosine of unlike texts.
    const SCALES: [f64; 2] = [0.1, 0.78];

    /// Features at distances from unlike texts, on the scale of a model.
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
    fn more_of_any_sign_is_more_relevant_and_nothing_of_all_is_no_answer() {
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
    fn what_answers_has_seven_tenths_on_the_scale_of_any_model() {
        for unrelated_cosine in SCALES {
            assert!(
                relevance(unrelated_cosine, 0.2, 0.0, Some(0.95)).unwrap() >= 0.7,
                "covered by words and near"
            );
            assert!(
                relevance(unrelated_cosine, 0.4, 0.1, None).unwrap() >= 0.7,
                "near, and nothing else is"
            );
            assert!(
                relevance(unrelated_cosine, 0.4, 0.0, None).unwrap() < 0.7,
                "near, but so is another"
            );
            let without_it = Features {
                may_answer: false,
                ..features(unrelated_cosine, 0.6, 0.2, None)
            };
            assert!(
                without_it.relevance().unwrap() < 0.7,
                "near, but not what is asked for"
            );
            let of_many = Features {
                among: 250,
                ..features(unrelated_cosine, 0.4, 0.1, None)
            };
            assert!(
                of_many.relevance().unwrap() < 0.7,
                "near, as one of many is by chance"
            );
            let of_another = Features {
                misses_person: true,
                ..features(unrelated_cosine, 0.4, 0.1, None)
            };
            assert!(
                of_another.relevance().unwrap() < 0.7,
                "near, but about another person"
            );
        }
    }

    #[test]
    fn a_model_that_tells_nothing_apart_makes_nothing_sure() {
        assert!(relevance(1.0, 0.0, 0.0, Some(0.3)).unwrap() < 0.5);
    }

    #[test]
    fn the_scale_of_a_model_changes_no_relevance() {
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
