//! Finds known secrets wherever they are repeated in a conversation.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use common::call::Turn;
use regex::{Captures, Regex};
use text::numbers::Run;

use super::numbers::{ID_LIKE, mask_matching_runs};
use super::secrets::{CODE_MASK, ID_MASK, PASSWORD_MASK, pattern};
use crate::extract::language::tokens::number_runs;

/// Fewest characters of a secret that is searched for. Shorter ones may match by chance.
const MIN_SECRET_CHARS: usize = 4;

/// The secrets that were masked somewhere in a conversation.
pub(crate) struct KnownSecrets {
    /// Secret numbers as digits, however they were said.
    numbers: HashSet<String>,
    /// Secret words and ids, in lower case and without separators, with their masks.
    words: HashMap<String, &'static str>,
}

impl KnownSecrets {
    /// Collects what masking removed from the turns, and the passwords that are ordinary words.
    pub(crate) fn from_masked_turns(
        original: &[Turn],
        masked: &[Turn],
        passwords: Vec<String>,
    ) -> Self {
        let pairs = || {
            original
                .iter()
                .zip(masked)
                .filter(|(original, masked)| original.text != masked.text)
        };
        let numbers = pairs()
            .flat_map(|(original, masked)| removed_parts(&original.text, &masked.text, numbers_in))
            .collect();
        let mut words: HashMap<String, &'static str> = pairs()
            .flat_map(|(original, masked)| masked_words(&original.text, &masked.text))
            .collect();
        words.extend(
            passwords
                .into_iter()
                .filter(|word| is_long(word))
                .map(|word| (word, PASSWORD_MASK)),
        );
        Self { numbers, words }
    }

    /// Returns secrets for numbers that must be masked everywhere.
    pub(crate) fn from_numbers(numbers: impl Iterator<Item = String>) -> Self {
        Self {
            numbers: numbers.collect(),
            words: HashMap::new(),
        }
    }

    /// Returns whether a number is a secret, or a part of one that is long enough not to match by
    /// chance.
    fn holds(&self, digits: &str) -> bool {
        let is_part =
            || is_long(digits) && self.numbers.iter().any(|number| number.contains(digits));
        self.numbers.contains(digits) || is_part()
    }

    /// Masks the secrets in a text.
    pub(crate) fn mask(&self, text: &str) -> String {
        let text = mask_matching_runs(text, CODE_MASK, |digits| self.holds(digits));
        if self.words.is_empty() {
            return text;
        }
        let replaced = |found: &Captures<'_>| {
            let mask = self.words.get(&compact(&found[0]));
            mask.map_or_else(|| found[0].to_owned(), |mask| (*mask).to_owned())
        };
        WORD.replace_all(&ID_LIKE.replace_all(&text, replaced), replaced)
            .into_owned()
    }
}

/// Returns the mixed words of letters and digits that masking removed from a turn, with their
/// masks.
fn masked_words(original: &str, masked: &str) -> impl Iterator<Item = (String, &'static str)> {
    let mask = if masked.contains(PASSWORD_MASK) {
        PASSWORD_MASK
    } else {
        ID_MASK
    };
    removed_parts(original, masked, mixed_words_in).map(move |word| (word, mask))
}

fn removed_parts(
    original: &str,
    masked: &str,
    parts: impl Fn(&str) -> HashSet<String>,
) -> impl Iterator<Item = String> {
    let masked = parts(masked);
    parts(original)
        .into_iter()
        .filter(move |part| is_long(part) && !masked.contains(part))
}

fn numbers_in(text: &str) -> HashSet<String> {
    number_runs(text).iter().map(Run::digits).collect()
}

fn mixed_words_in(text: &str) -> HashSet<String> {
    let is_mixed =
        |word: &String| word.chars().any(char::is_numeric) && word.chars().any(char::is_alphabetic);
    WORD.find_iter(text)
        .chain(ID_LIKE.find_iter(text))
        .map(|found| compact(found.as_str()))
        .filter(is_mixed)
        .collect()
}

fn compact(word: &str) -> String {
    word.chars()
        .filter(|c| !matches!(c, ' ' | '-'))
        .flat_map(char::to_lowercase)
        .collect()
}

fn is_long(part: &str) -> bool {
    part.chars().count() >= MIN_SECRET_CHARS
}

/// A word between blanks, without the punctuation around it.
static WORD: LazyLock<Regex> = LazyLock::new(|| pattern(r"[\p{L}\p{N}](?:\S*[\p{L}\p{N}])?"));

#[cfg(test)]
mod tests {
    use common::call::Role;

    use super::*;

    fn turn(text: &str) -> Turn {
        Turn {
            role: Role::Caller,
            text: text.to_owned(),
        }
    }

    #[test]
    fn a_masked_secret_is_masked_again_however_it_is_written() {
        let said = [
            turn("It's C01X00T47."),
            turn("my password is Hunter2!"),
            turn("The code is 482913."),
        ];
        let kept = [
            turn("It's [id number]."),
            turn("my password is [password]"),
            turn("The code is [code]."),
        ];
        let secrets = KnownSecrets::from_masked_turns(
            &said,
            &kept,
            vec!["swordfish".to_owned(), "abc".to_owned()],
        );
        for (again, masked) in [
            ("C01X00T47, is that right?", "[id number], is that right?"),
            ("So C01-X00 T47?", "So [id number]?"),
            ("hunter2, got it", "[password], got it"),
            ("Swordfish.", "[password]."),
            ("four eight two nine one three", "[code]"),
            ("My order is GF-4410, abc.", "My order is GF-4410, abc."),
        ] {
            assert_eq!(secrets.mask(again), masked);
        }
    }
}
