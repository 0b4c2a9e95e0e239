//! Whether two memories say the same in the same words.

use super::Memory;

/// The words of a text, to be compared with those of others. Case, spacing and the mark at the end
/// do not count.
#[derive(Debug, Clone, Copy)]
pub struct Words<'a> {
    text: &'a str,
    sum: Option<u32>,
}

impl<'a> Words<'a> {
    /// The words of this text.
    #[must_use]
    pub fn of(text: &'a str) -> Self {
        let text = text.trim_end().trim_end_matches(['.', '!', '。']);
        Self {
            text,
            sum: text.is_ascii().then(|| sum_of_letters(text)),
        }
    }

    fn letters(&self) -> impl Iterator<Item = char> + 'a {
        let words = self.text.split_whitespace();
        words.flat_map(|word| std::iter::once(' ').chain(word.chars().flat_map(char::to_lowercase)))
    }
}

impl PartialEq for Words<'_> {
    fn eq(&self, other: &Self) -> bool {
        // The sums tell most texts apart without reading them again. A text that is not ASCII has
        // none.
        let may_be_equal = self.sum.is_none() || other.sum.is_none() || self.sum == other.sum;
        may_be_equal && self.letters().eq(other.letters())
    }
}

/// Equal for two ASCII texts with the same words; seldom equal for others.
fn sum_of_letters(text: &str) -> u32 {
    text.bytes()
        .filter(|byte| *byte > b' ')
        .map(|byte| u32::from(byte.to_ascii_lowercase()))
        .sum()
}

/// Keeps the first of those memories that have the same words, and no more than `limit` memories.
pub fn keep_distinct(memories: &mut Vec<Memory>, limit: usize) {
    let mut kept: Vec<Words<'_>> = Vec::with_capacity(limit.min(memories.len()));
    let mut is_kept = Vec::with_capacity(memories.len());
    for words in memories.iter().map(|memory| Words::of(&memory.content)) {
        let is_new = kept.len() < limit && !kept.contains(&words);
        is_kept.push(is_new);
        kept.extend(is_new.then_some(words));
    }
    let mut is_kept = is_kept.into_iter();
    memories.retain(|_| is_kept.next() == Some(true));
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::super::{Importance, MemoryId};
    use super::*;

    fn memory(content: &str) -> Memory {
        Memory {
            id: MemoryId(content.to_owned()),
            content: content.to_owned(),
            relevance: 1.0,
            importance: Importance::MIDDLE,
            category: None,
            search_hints: Vec::new(),
            timestamp: None,
            conversation_id: None,
            agent_id: None,
            channel: None,
            reinforcement_count: 1,
            is_pinned: false,
            superseded_at: None,
        }
    }

    #[derive(Deserialize)]
    struct Case {
        name: String,
        one: String,
        other: String,
        same: bool,
    }

    #[test]
    fn case_spacing_and_the_last_mark_do_not_count() {
        let cases: Vec<Case> =
            serde_json::from_str(include_str!("../../../tests/cases/same-words.json")).unwrap();
        for Case {
            name,
            one,
            other,
            same,
        } in cases
        {
            assert_eq!(Words::of(&one) == Words::of(&other), same, "{name}");
            assert_eq!(
                Words::of(&other) == Words::of(&one),
                same,
                "{name}, the other way round"
            );
        }
    }

    #[test]
    fn the_first_of_the_same_words_is_kept_until_there_are_enough() {
        let mut memories = ["Likes tea.", "likes  tea", "Has a dog.", "Lives in Leeds."]
            .map(memory)
            .to_vec();
        keep_distinct(&mut memories, 2);
        assert_eq!(memories, ["Likes tea.", "Has a dog."].map(memory));
    }
}
