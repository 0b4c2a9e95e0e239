//! One scale for every embedding: 0.7 means "this answers the question".

/// How the closeness of a question and a memory becomes a relevance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Calibration {
    /// What one unit adds to the log-odds that the memory answers, by which it is closer than the caller's others are on
    /// average.
    pub(crate) by_closeness: f64,
    /// What one unit adds by which the closest memory is closer than every other of the caller's.
    pub(crate) by_margin: f64,
    /// What one unit of the cube of the relevance by words adds: half of a question's words says little.
    pub(crate) by_words: f64,
    /// What is taken away when the question expects a number, a name, a time, and there is none.
    pub(crate) by_mismatch: f64,
    /// The log-odds when all are 0.
    pub(crate) base: f64,
    /// A memory that is farther away and shares no word is no answer at all.
    pub(crate) floor: f64,
    /// How close unlike texts are, for a caller who has no other memory to compare with.
    pub(crate) unlike: f64,
}

/// What is known of a memory and a question.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Signs {
    /// Of their vectors, -1..=1.
    pub(crate) cosine: f64,
    /// The mean cosine of the caller's other memories; none when there is no other.
    pub(crate) others: Option<f64>,
    /// By how much it is closer than every other memory; 0 for all but the closest.
    pub(crate) margin: f64,
    /// The share of the question's words that it covers, 0..=1; none when it shares no word.
    pub(crate) words: Option<f64>,
    /// Whether what the question expects may be in it.
    pub(crate) may_answer: bool,
}

impl Calibration {
    /// all-MiniLM-L6-v2, chosen on `benchmarks/retrieval/fit.txt` so that 0.7 lets few of its unanswerable questions
    /// through; `set.txt`, of other callers, says how well that holds.
    pub(crate) const MINILM: Self = Self {
        by_closeness: 10.0,
        by_margin: 5.0,
        by_words: 3.0,
        by_mismatch: 3.0,
        base: -1.90,
        floor: 0.1,
        unlike: 0.12,
    };
    /// OpenAI's text-embedding models, whose cosines of unlike texts lie in the same range. Not measured here: no
    /// such server was at hand.
    pub(crate) const OPENAI: Self = Self { floor: 0.15, ..Self::MINILM };

    /// The relevance of a memory; `None` when it has nothing to do with the question.
    pub(crate) fn relevance(&self, signs: Signs) -> Option<f64> {
        if signs.words.is_none() && signs.cosine < self.floor {
            return None;
        }
        let closeness = signs.cosine - signs.others.unwrap_or(self.unlike);
        let mismatch = if signs.may_answer { 0.0 } else { self.by_mismatch };
        let odds = self.by_closeness * closeness
            + self.by_margin * signs.margin
            + self.by_words * signs.words.unwrap_or_default().powi(3)
            + self.base
            - mismatch;
        let relevance = 1.0 / (1.0 + (-odds).exp());
        Some((relevance * 10_000.0).round() / 10_000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relevance(cosine: f64, margin: f64, words: Option<f64>) -> Option<f64> {
        let others = Some(0.1);
        Calibration::MINILM.relevance(Signs { cosine, others, margin, words, may_answer: true })
    }

    #[test]
    fn more_of_any_sign_is_more_relevant_and_nothing_of_all_is_no_answer() {
        assert_eq!(relevance(0.05, 0.0, None), None);
        assert!(relevance(0.05, 0.0, Some(0.2)).is_some());
        assert!(relevance(0.6, 0.0, None) > relevance(0.5, 0.0, None));
        assert!(relevance(0.5, 0.1, None) > relevance(0.5, 0.0, None));
        assert!(relevance(0.5, 0.0, Some(0.9)) > relevance(0.5, 0.0, Some(0.4)));
    }

    #[test]
    fn what_answers_has_seven_tenths() {
        assert!(relevance(0.3, 0.0, Some(0.95)).unwrap() >= 0.7, "covered by words and near");
        assert!(relevance(0.4, 0.1, None).unwrap() >= 0.7, "near, and nothing else is");
        assert!(relevance(0.3, 0.0, None).unwrap() < 0.7, "near, but not near enough");
        let alone = Signs { cosine: 0.5, may_answer: true, ..Signs::default() };
        assert!(Calibration::MINILM.relevance(alone).unwrap() >= 0.7, "near, of a caller with one memory");
        let without_it = Signs { may_answer: false, ..alone };
        assert!(Calibration::MINILM.relevance(without_it).unwrap() < 0.7, "near, but not what is asked for");
    }
}
