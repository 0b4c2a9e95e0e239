//! The language of a claim and its evidence, for words whose meaning depends on it.

use std::cell::OnceCell;

use crate::small_talk::language_of;

/// The language of some texts, detected when a word's meaning depends on it.
pub(super) struct Language<'a> {
    texts: [&'a str; 2],
    detected: OnceCell<Option<&'static str>>,
}

impl<'a> Language<'a> {
    pub(super) fn of(texts: [&'a str; 2]) -> Self {
        Self {
            texts,
            detected: OnceCell::new(),
        }
    }

    /// Returns the language, or `None` if it is unclear.
    pub(super) fn get(&self) -> Option<&'static str> {
        *self.detected.get_or_init(|| {
            let text = self.texts.join(" ");
            language_of(&text).or_else(|| language_of_letters(&text))
        })
    }

    pub(super) fn is(&self, language: &str) -> bool {
        self.get() == Some(language)
    }
}

/// Returns the language whose letters a text has. Short texts have few function words.
fn language_of_letters(text: &str) -> Option<&'static str> {
    let lower = text.to_lowercase();
    LETTERS
        .iter()
        .find(|(_, letters)| letters.split(' ').any(|letters| lower.contains(letters)))
        .map(|(language, _)| *language)
}

const LETTERS: [(&str, &str); 4] = [
    ("pl", "ł ą ę ż ś ć ń"),
    ("pt", "ã õ lh nh"),
    ("es", "ñ ¿ ¡"),
    ("de", "ß ä ö ü"),
];
