//! Compares memories by their words, to find duplicates.

use super::Memory;

/// A text that compares equal to every text with the same words in the same order. Case, spacing
/// and final punctuation are ignored.
#[derive(Debug, Clone, Copy)]
pub struct NormalizedText<'a> {
    text: &'a str,
    sum: Option<u32>,
}

impl<'a> NormalizedText<'a> {
    /// Prepares a text for comparison.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
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

impl PartialEq for NormalizedText<'_> {
    fn eq(&self, other: &Self) -> bool {
        // Different sums rule out most pairs without comparing the letters. Only ASCII texts have a
        // sum.
        let may_be_equal = self.sum.is_none() || other.sum.is_none() || self.sum == other.sum;
        may_be_equal && self.letters().eq(other.letters())
    }
}

/// Returns a checksum that is equal for ASCII texts with the same words and rarely equal otherwise.
fn sum_of_letters(text: &str) -> u32 {
    text.bytes()
        .filter(|byte| *byte > b' ')
        .map(|byte| u32::from(byte.to_ascii_lowercase()))
        .sum()
}

/// Keeps the first memory of each group with the same words, and at most `limit` memories in all.
pub fn keep_distinct(memories: &mut Vec<Memory>, limit: usize) {
    let mut kept: Vec<NormalizedText<'_>> = Vec::with_capacity(limit.min(memories.len()));
    let mut decisions = Vec::with_capacity(memories.len());
    for words in memories
        .iter()
        .map(|memory| NormalizedText::new(&memory.content))
    {
        let is_new = kept.len() < limit && !kept.contains(&words);
        decisions.push(is_new);
        kept.extend(is_new.then_some(words));
    }
    let mut remaining = decisions.into_iter();
    memories.retain(|_| remaining.next() == Some(true));
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
    fn case_spacing_and_final_punctuation_are_ignored() {
        let cases: Vec<Case> =
            serde_json::from_str(include_str!("../../../tests/cases/same-words.json")).unwrap();
        for Case {
            name,
            one,
            other,
            same,
        } in cases
        {
            assert_eq!(
                NormalizedText::new(&one) == NormalizedText::new(&other),
                same,
                "{name}"
            );
            assert_eq!(
                NormalizedText::new(&other) == NormalizedText::new(&one),
                same,
                "{name}, in reverse order"
            );
        }
    }

    #[test]
    fn the_first_of_equal_memories_is_kept_up_to_the_limit() {
        let mut memories = ["Likes tea.", "likes  tea", "Has a dog.", "Lives in Leeds."]
            .map(memory)
            .to_vec();
        keep_distinct(&mut memories, 2);
        assert_eq!(memories, ["Likes tea.", "Has a dog."].map(memory));
    }
}
