//! Removes search hits with the same wording. Several agents may each have stored the same fact.
//! Pure.

use std::collections::HashSet;

use crate::search::SearchHit;

/// Keeps the first of several hits that have the same wording.
pub(crate) fn distinct(hits: &mut Vec<SearchHit>) {
    let mut seen = HashSet::new();
    hits.retain(|hit| seen.insert(normalize(&hit.memory.content)));
}

/// Ignores case, spacing and the final punctuation mark, including the space that French puts
/// before it.
fn normalize(content: &str) -> String {
    let words = content
        .trim_end()
        .trim_end_matches(['.', '!', '。'])
        .split_whitespace();
    words
        .flat_map(|word| std::iter::once(' ').chain(word.chars().flat_map(char::to_lowercase)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks the same rule as `common::memory::NormalizedText`, with the same cases.
    #[test]
    fn case_spacing_and_the_final_mark_are_ignored() {
        let cases: Vec<serde_json::Value> =
            serde_json::from_str(include_str!("../../tests/cases/same-words.json")).unwrap();
        assert!(cases.len() > 10);
        for case in cases {
            let [one, other] = ["one", "other"].map(|side| normalize(case[side].as_str().unwrap()));
            assert_eq!(one == other, case["same"] == true, "{}", case["name"]);
        }
    }
}
