//! Stems of English, Spanish and German by Snowball's rules, and the language of a text as far as
//! they need it.

mod cache;

use std::collections::HashSet;
use std::sync::LazyLock;

use rust_stemmers::{Algorithm, Stemmer};

use crate::{Word, fold};
use cache::cached_stem;

/// A language with a stemmer. A text in any other language is treated as English.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English, and every language without a stemmer.
    English,
    /// Spanish.
    Spanish,
    /// German.
    German,
}

/// Maximum length of a stemmed word, in bytes. Anything longer is a code or not a word.
const MAX_STEMMED_BYTES: usize = 64;

impl Language {
    /// All languages, in the order of their discriminants.
    pub const ALL: [Self; 3] = [Self::English, Self::Spanish, Self::German];

    /// Returns the language whose function words the text uses most; English if there are none.
    #[must_use]
    pub fn detect(words: &[Word]) -> Self {
        let spanish = votes(words, &SPANISH_SET, &['ñ', 'á', 'é', 'í', 'ó', 'ú']);
        let german = votes(words, &GERMAN_SET, &['ä', 'ö', 'ü', 'ß']);
        let english = votes(words, &ENGLISH_SET, &[]);
        if spanish > english && spanish >= german {
            Self::Spanish
        } else if german > english {
            Self::German
        } else {
            Self::English
        }
    }

    /// Returns the folded stem of a lower-case word.
    #[must_use]
    pub fn stem(self, word: &str) -> String {
        if word.len() > MAX_STEMMED_BYTES {
            return fold(word);
        }
        let algorithm = match self {
            Self::English => Algorithm::English,
            Self::Spanish => Algorithm::Spanish,
            Self::German => Algorithm::German,
        };
        cached_stem(self as u8, word, || {
            fold(&Stemmer::create(algorithm).stem(word))
        })
    }
}

fn votes(words: &[Word], function_words: &HashSet<&str>, letters: &[char]) -> usize {
    words
        .iter()
        .map(|word| {
            let known = function_words.contains(word.text.as_str());
            let written = word.text.contains(letters);
            usize::from(known) + usize::from(written)
        })
        .sum()
}

static ENGLISH_SET: LazyLock<HashSet<&str>> = LazyLock::new(|| ENGLISH.iter().copied().collect());
static SPANISH_SET: LazyLock<HashSet<&str>> = LazyLock::new(|| SPANISH.iter().copied().collect());
static GERMAN_SET: LazyLock<HashSet<&str>> = LazyLock::new(|| GERMAN.iter().copied().collect());

/// Function words of English.
#[rustfmt::skip]
const ENGLISH: &[&str] = &[
    "the", "a", "an", "is", "of", "and", "to", "in", "for", "with", "has", "was", "are", "that", "it", "on",
    "at", "by", "from", "i", "my", "he", "she", "they", "what", "which", "when", "where", "who", "how", "does",
    "did", "do", "not", "customer", "caller", "user", "have", "had", "her", "his", "their", "about",
];
/// Function words of Spanish.
#[rustfmt::skip]
const SPANISH: &[&str] = &[
    "el", "la", "los", "las", "de", "del", "que", "y", "en", "un", "una", "con", "por", "para", "su", "sus", "se",
    "al", "lo", "le", "es", "qué", "cuál", "cual", "cuándo", "dónde", "cómo", "cliente", "tiene", "quiere",
    "prefiere", "está", "cuántos", "ha", "mi", "nunca",
];
/// Function words of German.
#[rustfmt::skip]
const GERMAN: &[&str] = &[
    "der", "die", "das", "und", "ist", "nicht", "ein", "eine", "einen", "einem", "einer", "mit", "für", "von", "zu",
    "den", "dem", "ich", "er", "sie", "hat", "auf", "im", "wie", "wann", "wo", "welche", "welcher", "welches",
    "kunde", "kundin", "möchte", "ihr", "ihre", "sich", "auch", "bei", "nach", "kein", "keine", "wer", "warum",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search_words;

    #[test]
    fn function_words_reveal_the_language() {
        let detect = |text| Language::detect(&search_words(text));
        assert_eq!(
            detect("Customer prefers express shipping"),
            Language::English
        );
        assert_eq!(
            detect("El cliente prefiere el envío urgente"),
            Language::Spanish
        );
        assert_eq!(detect("Die Kundin hat eine neue Adresse"), Language::German);
        assert_eq!(detect(""), Language::English);
    }
}
