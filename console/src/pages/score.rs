//! What the ranking score of a memory consists of.

use std::collections::BTreeMap;

/// The parts of a score by the store's names, with their sum as `total`.
pub(crate) type Score = BTreeMap<String, f64>;

/// Parts that are closer to 0 are not shown.
const LEAST: f64 = 0.005;

/// A part of a score.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ScorePart {
    pub(crate) name: String,
    pub(crate) value: String,
}

/// Returns the sum, then the parts that matter, the largest first.
pub(crate) fn score_parts(score: &Score) -> Vec<ScorePart> {
    let mut parts: Vec<(&String, f64)> = score
        .iter()
        .map(|(name, value)| (name, *value))
        .filter(|(name, value)| *name == TOTAL || value.abs() >= LEAST)
        .collect();
    parts.sort_by(|(a, one), (b, other)| {
        let total_first = (*b == TOTAL).cmp(&(*a == TOTAL));
        total_first.then(other.abs().total_cmp(&one.abs()))
    });
    parts
        .into_iter()
        .map(|(name, value)| ScorePart {
            name: name.replace('_', " "),
            value: format!("{value:.2}"),
        })
        .collect()
}

const TOTAL: &str = "total";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_comes_first_and_parts_of_nothing_are_left_out() {
        let score = [
            ("meaning", -0.5),
            ("requested_detail", 2.0),
            ("time", 0.0),
            ("total", 1.5),
        ]
        .map(|(name, value)| (name.to_owned(), value));
        let parts: Vec<String> = score_parts(&score.into())
            .into_iter()
            .map(|part| format!("{} {}", part.name, part.value))
            .collect();
        assert_eq!(
            parts,
            ["total 1.50", "requested detail 2.00", "meaning -0.50"]
        );
    }
}
