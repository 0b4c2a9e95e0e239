//! Whether two memories say the same in the same words.

/// Whether two texts have the same words. Neither case, spacing nor the mark at the end makes other words.
#[must_use]
pub fn same_words(one: &str, other: &str) -> bool {
    letters(one).eq(letters(other))
}

/// Keeps the first of those memories that have the same words.
pub fn keep_distinct(memories: &mut Vec<super::Memory>) {
    let mut kept: Vec<super::Memory> = Vec::with_capacity(memories.len());
    for memory in memories.drain(..) {
        if !kept.iter().any(|earlier| same_words(&earlier.content, &memory.content)) {
            kept.push(memory);
        }
    }
    *memories = kept;
}

fn letters(text: &str) -> impl Iterator<Item = char> {
    let text = text.trim_end().trim_end_matches(['.', '!', '。']);
    text.split_whitespace().flat_map(|word| std::iter::once(' ').chain(word.chars().flat_map(char::to_lowercase)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_spacing_and_the_last_mark_do_not_count() {
        assert!(same_words("Likes the  corner table.", " likes the corner table"));
        assert!(same_words("ÉCLAIR !", "éclair"));
        for (one, other) in [("It is -5 degrees", "It is 5 degrees"), ("Has 1 dog", "Has 2 dogs"), ("Is it?", "Is it")]
        {
            assert!(!same_words(one, other), "{one} / {other}");
        }
    }
}
