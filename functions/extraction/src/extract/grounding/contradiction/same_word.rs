//! Decides whether two words are forms of one word, in eight languages and without a dictionary.

use std::sync::LazyLock;

use text::{SHARED_LETTERS, fold_spelling, has_digit};

use crate::extract::language::word_table::WordTable;

/// Most letters of a word whose forms share fewer than [`SHARED_LETTERS`]: "vivo", "vive".
const MAX_SHORT_LETTERS: usize = 6;
/// Letters that two forms of a short word share.
const SHARED_LETTERS_OF_SHORT: usize = 3;
/// Consonants that two forms of a verb share although its vowel changes: "spreche", "spricht".
const SHARED_CONSONANTS: usize = 3;
/// How far from the beginning the "ge" of a participle is: "angerufen".
const MAX_LETTERS_BEFORE_GE: usize = 4;

/// A word prepared for comparison.
pub(super) struct WordForm {
    folded: String,
    has_digit: bool,
    /// Index in [`IRREGULAR`].
    family: Option<usize>,
    /// What follows the "ge" of a German or Dutch participle.
    behind_ge: Option<usize>,
    /// The first letters without vowels, if the vowel of the word may change. Nouns of German,
    /// which are capitalized, keep theirs.
    consonants: Option<[u8; SHARED_CONSONANTS]>,
}

impl WordForm {
    /// Prepares a word in lower case.
    pub(super) fn new(lower: &str, is_capitalised: bool) -> Self {
        let folded = with_single_vowels(fold_spelling(lower));
        let ge = folded.find("ge").filter(|at| *at <= MAX_LETTERS_BEFORE_GE);
        let family = FAMILIES.meanings(&folded).next();
        Self {
            has_digit: has_digit(&folded),
            family,
            behind_ge: ge.map(|at| at + 2),
            consonants: (!is_capitalised).then(|| consonants(&folded)).flatten(),
            folded,
        }
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.folded == other.folded
            || (!self.has_digit
                && !other.has_digit
                && (self.shares_beginning(other)
                    || (self.family.is_some() && self.family == other.family)
                    || (self.consonants.is_some() && self.consonants == other.consonants)
                    || self.is_participle_of(other)
                    || other.is_participle_of(self)))
    }

    fn shares_beginning(&self, other: &Self) -> bool {
        let (one, two) = (self.folded.as_str(), other.folded.as_str());
        let shared: usize = one
            .chars()
            .zip(two.chars())
            .take_while(|(one, two)| one == two)
            .map(|(letter, _)| letter.len_utf8())
            .sum();
        let letters = one[..shared].chars().count();
        letters >= SHARED_LETTERS
            || (letters >= SHARED_LETTERS_OF_SHORT
                && [one, two].iter().all(|word| {
                    word.chars().count() <= MAX_SHORT_LETTERS && ENDINGS.contains(&&word[shared..])
                }))
    }

    /// Returns whether this is a participle of a verb: "angerufen" of "rufen".
    fn is_participle_of(&self, verb: &Self) -> bool {
        let stem_end = verb.folded.char_indices().nth(SHARED_LETTERS);
        let stem = &verb.folded[..stem_end.map_or(verb.folded.len(), |(at, _)| at)];
        stem.len() >= SHARED_LETTERS_OF_SHORT
            && self
                .behind_ge
                .is_some_and(|at| self.folded[at..].starts_with(stem))
    }
}

/// Dutch doubles a vowel in closed syllables: "woont", "wonen".
fn with_single_vowels(mut word: String) -> String {
    let double = ["aa", "ee", "oo", "uu"]
        .iter()
        .find_map(|pair| word.find(pair));
    if let Some(at) = double {
        word.remove(at);
    }
    word
}

/// Returns the first letter and the consonants behind it, of a word as long as most verbs.
fn consonants(word: &str) -> Option<[u8; SHARED_CONSONANTS]> {
    let mut consonants = [0; SHARED_CONSONANTS];
    let kept = word
        .bytes()
        .enumerate()
        .filter(|(at, letter)| *at == 0 || !b"aeiouy".contains(letter));
    let mut count = 0;
    for (slot, (_, letter)) in consonants.iter_mut().zip(kept) {
        *slot = letter;
        count += 1;
    }
    let is_verb = (5..=9).contains(&word.len()) && count == SHARED_CONSONANTS;
    is_verb.then_some(consonants)
}

static FAMILIES: LazyLock<WordTable<usize>> =
    LazyLock::new(|| WordTable::new(IRREGULAR.iter().copied().enumerate()));

/// Endings of short words, without accents.
const ENDINGS: [&str; 38] = [
    "", "o", "a", "e", "i", "y", "u", "s", "n", "t", "m", "d", "es", "as", "os", "is", "en", "te",
    "st", "et", "em", "am", "an", "om", "ow", "ia", "ie", "io", "ed", "er", "ar", "ir", "ing",
    "dt", "de", "mo", "ono", "ami",
];

/// Frequent words of which two forms share neither beginning nor consonants.
const IRREGULAR: [&str; 14] = [
    "isst esse essen iss gegessen",
    "eat eats ate eaten eating",
    "et eten gegeten",
    "nimmt nehme nehmen",
    "bois boit boire boivent buvons",
    "bevo beve bere beviamo",
    "vais vont aller allons",
    "vou vai vao ir",
    "voy van vamos",
    "vado vanno",
    "idzie ide isc chodze chodzi",
    "pies psa psy psow psem",
    "weiss wissen",
    "child children kid kids",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_are_the_same_in_eight_languages() {
        let is_same = |one, other| WordForm::new(one, false).is_same(&WordForm::new(other, false));
        for (one, other) in [
            ("dog", "dogs"),
            ("vivo", "vive"),
            ("moro", "mora"),
            ("spreche", "spricht"),
            ("fahre", "fährt"),
            ("esse", "isst"),
            ("rufen", "angerufen"),
            ("woont", "wonen"),
            ("bel", "gebeld"),
            ("habitais", "habite"),
            ("lubię", "lubi"),
            ("psa", "psy"),
        ] {
            assert!(is_same(one, other), "{one} {other}");
        }
        for (one, other) in [
            ("car", "cat"),
            ("sugar", "salt"),
            ("14a", "14b"),
            ("bonn", "köln"),
        ] {
            assert!(!is_same(one, other), "{one} {other}");
        }
    }
}
