//! What a relevance means for the agent.

use serde::Serialize;

/// How a memory stands to the question, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Match {
    /// It answers the question.
    Direct,
    /// It may answer the question, or a part of it.
    Possible,
    /// It is known of the caller, and hardly answers the question.
    Background,
}

/// The part of the threshold from which a memory may be an answer.
const POSSIBLE: f64 = 0.5;

impl Match {
    /// What a relevance means to whoever takes `threshold` for an answer.
    pub(crate) fn of(relevance: f64, threshold: f64) -> Self {
        if relevance <= 0.0 {
            Self::Background
        } else if relevance >= threshold {
            Self::Direct
        } else if relevance >= threshold * POSSIBLE {
            Self::Possible
        } else {
            Self::Background
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_and_its_half_are_the_bounds() {
        assert_eq!(Match::of(0.7, 0.7), Match::Direct);
        assert_eq!(Match::of(0.69, 0.7), Match::Possible);
        assert_eq!(Match::of(0.35, 0.7), Match::Possible);
        assert_eq!(Match::of(0.34, 0.7), Match::Background);
        assert_eq!(Match::of(0.0, 0.0), Match::Background);
    }
}
