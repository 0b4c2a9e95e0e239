//! A memory reduced to what it claims.

use std::collections::BTreeSet;

use super::{modifiers::modifier, synonyms::canonical};
use crate::words::{Language, Weight, Word, number_word, weight, words};

/// What a text claims, in a form that can be compared.
#[derive(Clone, Debug)]
pub(crate) struct NormalizedText {
    /// The text in lower case with single spaces.
    pub(super) text: String,
    pub(super) language: Language,
    /// Meaning words, numbers and modifiers in their order, each once.
    pub(super) sequence: Vec<Step>,
    /// Meaning words and numbers.
    pub(super) keys: BTreeSet<String>,
    /// Names of persons, places and things.
    pub(super) names: BTreeSet<String>,
    /// Every number and code, sorted, repeated ones repeated.
    pub(super) numbers: Vec<String>,
    /// Words that turn a claim round or tie it to another person or time.
    pub(super) modifiers: BTreeSet<&'static str>,
    /// Whether swapping two words changes the claim.
    pub(super) is_ordered: bool,
}

/// One element of a fact's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Modifier(&'static str),
}

impl NormalizedText {
    /// Reads a text.
    pub(crate) fn new(text: &str) -> Self {
        let words = words(text);
        let language = Language::detect(&words);
        let mut normalized = Self {
            text: text
                .to_lowercase()
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" "),
            language,
            sequence: Vec::new(),
            keys: BTreeSet::new(),
            names: BTreeSet::new(),
            numbers: Vec::new(),
            modifiers: BTreeSet::new(),
            is_ordered: false,
        };
        words.iter().for_each(|word| normalized.take(word));
        normalized.numbers.sort();
        let names = words
            .iter()
            .filter(|word| word.is_name && !word.has_digit())
            .count();
        let has_list = words
            .iter()
            .any(|word| LIST_WORDS.contains(&word.whole.as_str()));
        normalized.is_ordered = !has_list
            || names > 1
            || !normalized.numbers.is_empty()
            || !normalized.modifiers.is_empty();
        normalized
    }

    fn take(&mut self, word: &Word) {
        if word.is_fragment {
            // A text without blanks is compared as a whole: one letter more may deny it.
            self.numbers.push(word.whole.clone());
            self.add(word.whole.clone());
        } else if let Some(modifier) = modifier(&word.whole) {
            if self.modifiers.insert(modifier) {
                self.sequence.push(Step::Modifier(modifier));
            }
        } else if let Some(number) = number(word) {
            self.numbers.push(number.clone());
            self.add(number);
        } else if weight(word, self.language) >= Weight::Light {
            let key = self.key(word);
            self.add(key);
        }
    }

    fn add(&mut self, key: String) {
        if self.keys.insert(key.clone()) {
            self.sequence.push(Step::Key(key));
        }
    }

    fn key(&mut self, word: &Word) -> String {
        if word.is_name {
            self.names.insert(word.whole.clone());
            return word.whole.clone();
        }
        let stem = self.language.stem(&word.text);
        canonical(&stem).map_or(stem, str::to_owned)
    }

    /// Its meaning words and numbers.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(String::as_str)
    }

    /// What every fact has in common with this one that could say the same.
    pub(crate) fn claim_parts(&self) -> Vec<&str> {
        let language = match self.language {
            Language::English => "en",
            Language::Spanish => "es",
            Language::German => "de",
        };
        let numbers = self.numbers.iter().map(String::as_str);
        [language]
            .into_iter()
            .chain(numbers)
            .chain([""])
            .chain(self.modifiers.iter().copied())
            .collect()
    }

    /// Whether that step is somewhere in this fact too.
    pub(super) fn has(&self, step: &Step) -> bool {
        match step {
            Step::Key(key) => self.keys.contains(key),
            Step::Modifier(modifier) => self.modifiers.contains(modifier),
        }
    }
}

/// Between things whose order says nothing.
const LIST_WORDS: &[&str] = &["and", "or", "y", "e", "o", "und", "oder"];

fn number(word: &Word) -> Option<String> {
    if word.has_digit() {
        return Some(word.text.clone());
    }
    number_word(&word.whole).map(str::to_owned)
}
