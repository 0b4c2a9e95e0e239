//! Compares the wording of texts, to leave out what was already said.

use std::hash::{Hash, Hasher};

/// A text that compares equal to every text with the same words in the same order. Case, spacing
/// and final punctuation are ignored.
#[derive(Debug, Clone, Copy)]
pub struct Wording<'a> {
    text: &'a str,
    sum: Option<u32>,
}

impl<'a> Wording<'a> {
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

impl PartialEq for Wording<'_> {
    fn eq(&self, other: &Self) -> bool {
        // Different sums rule out most pairs without comparing the letters. Only ASCII texts have a
        // sum.
        let may_be_equal = self.sum.is_none() || other.sum.is_none() || self.sum == other.sum;
        may_be_equal && self.letters().eq(other.letters())
    }
}

impl Eq for Wording<'_> {}

impl Hash for Wording<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.letters().for_each(|letter| letter.hash(state));
    }
}

/// Returns a checksum that is equal for ASCII texts with the same words and rarely equal otherwise.
fn sum_of_letters(text: &str) -> u32 {
    text.bytes()
        .filter(|byte| *byte > b' ')
        .map(|byte| u32::from(byte.to_ascii_lowercase()))
        .sum()
}

/// Keeps the first of each group of items whose texts have the same words, and at most `limit` items
/// in all. For a small limit: each text is compared with those that are kept.
pub fn keep_distinct<T>(items: &mut Vec<T>, limit: usize, text: impl Fn(&T) -> &str) {
    let mut kept: Vec<Wording<'_>> = Vec::with_capacity(limit.min(items.len()));
    let mut decisions = Vec::with_capacity(items.len());
    for wording in items.iter().map(|item| Wording::new(text(item))) {
        let is_new = kept.len() < limit && !kept.contains(&wording);
        decisions.push(is_new);
        kept.extend(is_new.then_some(wording));
    }
    let mut remaining = decisions.into_iter();
    items.retain(|_| remaining.next() == Some(true));
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

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
            serde_json::from_str(include_str!("../../tests/cases/same-words.json")).unwrap();
        for Case {
            name,
            one,
            other,
            same,
        } in cases
        {
            assert_eq!(Wording::new(&one) == Wording::new(&other), same, "{name}");
            assert_eq!(
                Wording::new(&other) == Wording::new(&one),
                same,
                "{name}, in reverse order"
            );
        }
    }

    #[test]
    fn the_first_of_equal_texts_is_kept_up_to_the_limit() {
        let mut texts = vec!["Likes tea.", "likes  tea", "Has a dog.", "Lives in Leeds."];
        keep_distinct(&mut texts, 2, |text| text);
        assert_eq!(texts, ["Likes tea.", "Has a dog."]);
    }
}
