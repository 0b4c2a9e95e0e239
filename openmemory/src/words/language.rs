//! Which language a text is in, as far as stemming needs to know.

use std::collections::HashSet;
use std::sync::LazyLock;

use rust_stemmers::{Algorithm, Stemmer};

use super::stem_cache::cached_stem;
use super::{Word, fold};

/// A language whose words are stemmed; a text in any other is treated as English.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    Spanish,
    German,
}

/// Longer than any inflected word, in bytes: what is beyond is a code or no word at all.
const MAX_STEMMED_BYTES: usize = 64;

impl Language {
    /// Each of them, in the order of their numbers.
    pub(crate) const ALL: [Self; 3] = [Self::English, Self::Spanish, Self::German];

    /// The language whose small words the text uses most; English when nothing tells.
    pub(crate) fn of(words: &[Word]) -> Self {
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

    /// The stem of a lower-case word, folded.
    pub(crate) fn stem(self, word: &str) -> String {
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

fn votes(words: &[Word], small_words: &HashSet<&str>, letters: &[char]) -> usize {
    words
        .iter()
        .map(|word| {
            let known = small_words.contains(word.text.as_str());
            let written = word.text.contains(letters);
            usize::from(known) + usize::from(written)
        })
        .sum()
}

static ENGLISH_SET: LazyLock<HashSet<&str>> = LazyLock::new(|| ENGLISH.iter().copied().collect());
static SPANISH_SET: LazyLock<HashSet<&str>> = LazyLock::new(|| SPANISH.iter().copied().collect());
static GERMAN_SET: LazyLock<HashSet<&str>> = LazyLock::new(|| GERMAN.iter().copied().collect());

#[rustfmt::skip]
const ENGLISH: &[&str] = &[
    "the", "a", "an", "is", "of", "and", "to", "in", "for", "with", "has", "was", "are", "that", "it", "on",
    "at", "by", "from", "i", "my", "he", "she", "they", "what", "which", "when", "where", "who", "how", "does",
    "did", "do", "not", "customer", "caller", "user", "have", "had", "her", "his", "their", "about",
];
#[rustfmt::skip]
const SPANISH: &[&str] = &[
    "el", "la", "los", "las", "de", "del", "que", "y", "en", "un", "una", "con", "por", "para", "su", "sus", "se",
    "al", "lo", "le", "es", "qué", "cuál", "cual", "cuándo", "dónde", "cómo", "cliente", "tiene", "quiere",
    "prefiere", "está", "cuántos", "ha", "mi", "nunca",
];
#[rustfmt::skip]
const GERMAN: &[&str] = &[
    "der", "die", "das", "und", "ist", "nicht", "ein", "eine", "einen", "einem", "einer", "mit", "für", "von", "zu",
    "den", "dem", "ich", "er", "sie", "hat", "auf", "im", "wie", "wann", "wo", "welche", "welcher", "welches",
    "kunde", "kundin", "möchte", "ihr", "ihre", "sich", "auch", "bei", "nach", "kein", "keine", "wer", "warum",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::words;

    #[test]
    fn small_words_tell_the_language() {
        let of = |text| Language::of(&words(text));
        assert_eq!(of("Customer prefers express shipping"), Language::English);
        assert_eq!(
            of("El cliente prefiere el envío urgente"),
            Language::Spanish
        );
        assert_eq!(of("Die Kundin hat eine neue Adresse"), Language::German);
        assert_eq!(of(""), Language::English);
    }
}
