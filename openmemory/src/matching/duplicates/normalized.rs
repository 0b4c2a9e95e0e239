//! A text in normalized form, to compare what it says.

use std::collections::BTreeSet;

use text::numbers::number_word;
use text::stems::Language;
use text::{Word, search_words};

use super::{modifiers::modifier, synonyms::canonical};
use crate::matching::stop_words::{Weight, weight};

/// The content words, numbers and modifiers of a text.
#[derive(Clone, Debug)]
pub(crate) struct NormalizedText {
    /// The text in lower case with single spaces.
    pub(super) text: String,
    pub(super) language: Language,
    /// Content words, numbers and modifiers in order of first appearance.
    pub(super) sequence: Vec<Element>,
    /// Content words and numbers.
    pub(super) keys: BTreeSet<String>,
    /// Names of persons, places and things.
    pub(super) names: BTreeSet<String>,
    /// Every number and code, sorted, with repetitions.
    pub(super) numbers: Vec<String>,
    /// Words that negate a statement or tie it to another person or time.
    pub(super) modifiers: BTreeSet<&'static str>,
    /// Whether swapping two words changes the meaning.
    pub(super) is_ordered: bool,
}

/// One element of a text's sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Element {
    Key(String),
    Modifier(&'static str),
}

impl NormalizedText {
    /// Normalizes a text.
    pub(crate) fn new(text: &str) -> Self {
        let words = search_words(text);
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
        words.iter().for_each(|word| normalized.add_word(word));
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

    fn add_word(&mut self, word: &Word) {
        if word.is_fragment {
            // Pieces of a script without spaces must all be equal: one more letter may be a
            // negation.
            self.numbers.push(word.whole.clone());
            self.add_key(word.whole.clone());
        } else if let Some(modifier) = modifier(&word.whole) {
            if self.modifiers.insert(modifier) {
                self.sequence.push(Element::Modifier(modifier));
            }
        } else if let Some(number) = number(word) {
            self.numbers.push(number.clone());
            self.add_key(number);
        } else if weight(word, self.language) >= Weight::Light {
            let key = self.key(word);
            self.add_key(key);
        }
    }

    fn add_key(&mut self, key: String) {
        if self.keys.insert(key.clone()) {
            self.sequence.push(Element::Key(key));
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

    /// The content words and numbers.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(String::as_str)
    }

    /// The parts that every duplicate shares with this text: language, numbers and modifiers.
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

    /// Whether this text contains an element of another text's sequence.
    pub(super) fn has(&self, element: &Element) -> bool {
        match element {
            Element::Key(key) => self.keys.contains(key),
            Element::Modifier(modifier) => self.modifiers.contains(modifier),
        }
    }
}

/// Conjunctions of lists. The order of list items carries no meaning.
const LIST_WORDS: &[&str] = &["and", "or", "y", "e", "o", "und", "oder"];

fn number(word: &Word) -> Option<String> {
    if word.has_digit() {
        return Some(word.text.clone());
    }
    number_word(&word.whole).map(str::to_owned)
}
