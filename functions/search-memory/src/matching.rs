//! Classifies how well a memory answers the query.

use serde::Serialize;

/// How well a memory answers the query, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Match {
    /// The memory answers the query.
    Direct,
    /// The memory may answer the query or a part of it.
    Possible,
    /// The memory is about the caller but hardly answers the query.
    Background,
}

/// From this fraction of the threshold on, a memory may be an answer.
const POSSIBLE_FRACTION: f64 = 0.5;

impl Match {
    /// Classifies a relevance; from `threshold` on, a memory counts as an answer.
    pub(crate) fn from_relevance(relevance: f64, threshold: f64) -> Self {
        if relevance <= 0.0 {
            Self::Background
        } else if relevance >= threshold {
            Self::Direct
        } else if relevance >= threshold * POSSIBLE_FRACTION {
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
    fn the_threshold_and_its_half_separate_the_classes() {
        assert_eq!(Match::from_relevance(0.7, 0.7), Match::Direct);
        assert_eq!(Match::from_relevance(0.69, 0.7), Match::Possible);
        assert_eq!(Match::from_relevance(0.35, 0.7), Match::Possible);
        assert_eq!(Match::from_relevance(0.34, 0.7), Match::Background);
        assert_eq!(Match::from_relevance(0.0, 0.0), Match::Background);
    }
}
