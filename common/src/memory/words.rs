//! Whether two memories say the same in the same words.

use std::collections::HashSet;

/// Whether two texts have the same words. Neither case, spacing nor the mark at the end makes other words.
#[must_use]
pub fn same_words(one: &str, other: &str) -> bool {
    letters(one).eq(letters(other))
}

/// What two texts with the same words have in common; other texts have another.
#[must_use]
pub fn words_key(text: &str) -> String {
    if !text.is_ascii() {
        return letters(text).collect();
    }
    let mut key = String::with_capacity(text.len() + 1);
    for word in without_end(text).split_ascii_whitespace() {
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

fn letters(text: &str) -> impl Iterator<Item = char> {
    without_end(text)
        .split_whitespace()
        .flat_map(|word| std::iter::once(' ').chain(word.chars().flat_map(char::to_lowercase)))
}

fn without_end(text: &str) -> &str {
    text.trim_end().trim_end_matches(['.', '!', '。'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_spacing_and_the_last_mark_do_not_count() {
        assert!(same_words("Likes the  corner table.", " likes the corner table"));
        assert!(same_words("ÉCLAIR !", "éclair"));
        assert_eq!(words_key("Likes the  corner table."), words_key(" likes the corner table"));
        assert_eq!(words_key("Likes it."), letters("Likes it.").collect::<String>());
        for (one, other) in [("It is -5 degrees", "It is 5 degrees"), ("Has 1 dog", "Has 2 dogs"), ("Is it?", "Is it")]
        {
            assert!(!same_words(one, other), "{one} / {other}");
        }
    }
}
