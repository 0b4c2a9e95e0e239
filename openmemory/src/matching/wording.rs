//! The wording of a memory. Memories of the same wording are shown once.

/// Returns the text without its case, spacing and final punctuation mark, including the space that
/// French puts before it.
pub(crate) fn normalized_wording(content: &str) -> String {
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
            serde_json::from_str(include_str!("../../../tests/cases/same-words.json")).unwrap();
        assert!(cases.len() > 10);
        for case in cases {
            let [one, other] =
                ["one", "other"].map(|side| normalized_wording(case[side].as_str().unwrap()));
            assert_eq!(one == other, case["same"] == true, "{}", case["name"]);
        }
    }
}
