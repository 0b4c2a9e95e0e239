//! Whether two memories say the same in the same words.

use std::collections::HashSet;

/// Equal for two texts with the same words, and only for those. Neither case, spacing nor the mark at the end makes other
/// words.
#[must_use]
pub fn words_key(text: &str) -> String {
    let text = text.trim_end().trim_end_matches(['.', '!', '。']);
    if !text.is_ascii() {
        let words = text.split_whitespace();
        return words.flat_map(|word| std::iter::once(' ').chain(word.chars().flat_map(char::to_lowercase))).collect();
    }
    // Most memories are ASCII, and client-data and search-memory do this for each that they answer with.
    let mut key = String::with_capacity(text.len() + 1);
    for word in text.split_ascii_whitespace() {
        key.extend([" ", word]);
    }
    key.make_ascii_lowercase();
    key
}

/// Keeps the first of those memories that have the same words.
pub fn keep_distinct(memories: &mut Vec<super::Memory>) {
    let mut seen = HashSet::with_capacity(memories.len());
    memories.retain(|memory| seen.insert(words_key(&memory.content)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same_words(one: &str, other: &str) -> bool {
        words_key(one) == words_key(other)
    }

    #[test]
    fn case_spacing_and_the_last_mark_do_not_count() {
        assert!(same_words("Likes the  corner table.", " likes the corner table"));
        assert!(same_words("ÉCLAIR !", "éclair"));
        assert_eq!(words_key("Likes the  corner table."), words_key(" likes the corner table"));
        assert_eq!(words_key("Likes it."), " likes it");
        assert!(same_words("Likes\u{a0}the corner", "likes the corner"), "a blank that is not ASCII");
        for (one, other) in [("It is -5 degrees", "It is 5 degrees"), ("Has 1 dog", "Has 2 dogs"), ("Is it?", "Is it")]
        {
            assert!(!same_words(one, other), "{one} / {other}");
        }
    }
}
