//! The same words once. Several agents may have been told the same, each with a memory of its own. Pure.

use std::collections::HashSet;

use crate::search::Found;

/// Keeps the first of those memories that say the same in the same words.
pub(crate) fn distinct(found: &mut Vec<Found>) {
    let mut seen = HashSet::new();
    found.retain(|found| seen.insert(words(&found.memory.content)));
}

/// Neither case, spacing nor the mark at the end makes other words.
fn words(content: &str) -> String {
    let words: Vec<String> = content.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ").trim_end_matches(['.', '!', '。']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_spacing_and_the_last_mark_do_not_count() {
        assert_eq!(words("Likes the  corner table."), words("likes the corner table"));
        assert_eq!(words("ÉCLAIR  !"), words("éclair !"));
        for (one, other) in [("It is -5 degrees", "It is 5 degrees"), ("Has 1 dog", "Has 2 dogs"), ("Is it?", "Is it")]
        {
            assert_ne!(words(one), words(other));
        }
    }
}
