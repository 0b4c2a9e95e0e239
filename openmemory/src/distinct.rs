//! The same words once. Several agents may have been told the same, each with a memory of its own.
//! Pure.

use std::collections::HashSet;

use crate::search::SearchHit;

/// Keeps the first of those memories that say the same in the same words.
pub(crate) fn distinct(found: &mut Vec<SearchHit>) {
    let mut seen = HashSet::new();
    found.retain(|found| seen.insert(words(&found.memory.content)));
}

/// Neither case, spacing nor the mark at the end makes other words. French writes a blank before
/// the mark.
fn words(content: &str) -> String {
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

    /// The rule of `common::memory::Words`, for a store that searches by itself.
    #[test]
    fn case_spacing_and_the_last_mark_do_not_count() {
        let cases: Vec<serde_json::Value> =
            serde_json::from_str(include_str!("../../tests/cases/same-words.json")).unwrap();
        assert!(cases.len() > 10);
        for case in cases {
            let [one, other] = ["one", "other"].map(|side| words(case[side].as_str().unwrap()));
            assert_eq!(one == other, case["same"] == true, "{}", case["name"]);
        }
    }
}
