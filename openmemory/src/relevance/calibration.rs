//! One scale for every embedding: 0.7 means "this answers the question".

/// How the closeness of a question and a memory becomes a relevance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Calibration {
    /// What one unit of cosine adds to the log-odds that the memory answers.
    pub(crate) by_cosine: f64,
    /// What one unit adds by which the closest memory is closer than every other of the caller's.
    pub(crate) by_margin: f64,
    /// What one unit of relevance by words adds.
    pub(crate) by_words: f64,
    /// The log-odds when both are 0.
    pub(crate) base: f64,
    /// A memory that is farther away and shares no word is no answer at all.
    pub(crate) floor: f64,
    /// The cosine at which two memories that could say the same do say the same.
    pub(crate) repeats_at: f64,
}

impl Calibration {
    /// all-MiniLM-L6-v2, chosen on the callers of the benchmark so that 0.7 lets few of its unanswerable questions
    /// through.
    pub(crate) const MINILM: Self =
        Self { by_cosine: 2.8, by_margin: 10.5, by_words: 3.5, base: -1.706, floor: 0.1, repeats_at: 0.93 };
    /// OpenAI's text-embedding models, whose cosines of unlike texts lie in the same range. Not measured here: no
    /// such server was at hand.
    pub(crate) const OPENAI: Self = Self { floor: 0.15, ..Self::MINILM };

    /// The relevance of a memory at that cosine, that much closer than any other, that covers the question's words as
    /// told; `None` when it has nothing to do with the question.
    pub(crate) fn relevance(&self, cosine: f64, margin: f64, by_words: Option<f64>) -> Option<f64> {
        if by_words.is_none() && cosine < self.floor {
            return None;
        }
        let by_meaning = self.by_cosine * cosine + self.by_margin * margin;
        let odds = by_meaning + self.by_words * by_words.unwrap_or_default() + self.base;
        let relevance = 1.0 / (1.0 + (-odds).exp());
        Some((relevance * 10_000.0).round() / 10_000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_of_either_is_more_relevant_and_nothing_of_both_is_no_answer() {
        let relevance = |cosine, margin, by_words| Calibration::MINILM.relevance(cosine, margin, by_words);
        assert_eq!(relevance(0.05, 0.0, None), None);
        assert!(relevance(0.05, 0.0, Some(0.2)).is_some());
        assert!(relevance(0.6, 0.0, None) > relevance(0.5, 0.0, None));
        assert!(relevance(0.5, 0.1, None) > relevance(0.5, 0.0, None));
        assert!(relevance(0.5, 0.0, Some(0.9)) > relevance(0.5, 0.0, Some(0.4)));
        assert!(relevance(0.4, 0.0, Some(0.95)).unwrap() >= 0.7, "covered by words and near");
        assert!(relevance(0.5, 0.15, None).unwrap() >= 0.7, "near, and nothing else is");
        assert!(relevance(0.3, 0.0, None).unwrap() < 0.7, "near, but not near enough");
    }
}
