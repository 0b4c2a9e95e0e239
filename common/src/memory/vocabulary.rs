//! The words of statements that say nothing, in the eight supported languages, each with its
//! meaning.

mod lists;

use std::collections::HashMap;
use std::sync::LazyLock;

/// What a word can mean. A word of several languages can mean several things.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// "not", "no", "without".
    Negation,
    /// "none", "unknown", "nothing".
    Missing,
    /// Articles, pronouns, prepositions, auxiliaries, and other words without content of their own.
    Grammar,
    /// Verbs of saying and knowing: "provided", "mentioned", "known".
    Saying,
    /// What is missing: "name", "value", "customer".
    Noun,
    /// What a call and its callers have: "phone", "e-mail", "call".
    Thing,
    /// The part of a person in a call: "caller", "guest".
    Role,
    /// Nouns and adjectives without a content of their own: "note", "wish", "special", "further".
    Unspecific,
    /// "everything".
    All,
    /// "good", "in order".
    Well,
    /// "still", "to", as in "to be decided".
    Yet,
    /// "open", "decided".
    Undecided,
    /// "see", "as".
    Pointer,
    /// "above", "before".
    Place,
}

impl Kind {
    fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// All meanings of a word.
#[derive(Clone, Copy, Default)]
pub(super) struct Meaning {
    kinds: u16,
    /// The languages to which it belongs, a bit each.
    pub(super) languages: u8,
    /// The languages in which it alone can say that there is no value or no name.
    pub(super) decisive: u8,
}

impl Meaning {
    /// Returns the meaning of a word in lower case. An unknown word means nothing.
    pub(super) fn of(word: &str) -> Self {
        VOCABULARY.get(word).copied().unwrap_or_default()
    }

    pub(super) fn is(self, kind: Kind) -> bool {
        self.kinds & kind.bit() != 0
    }

    pub(super) fn is_any(self, kinds: &[Kind]) -> bool {
        kinds.iter().any(|kind| self.is(*kind))
    }
}

/// Built once, because a value is compared with it word by word.
static VOCABULARY: LazyLock<HashMap<&str, Meaning>> = LazyLock::new(|| {
    let mut vocabulary: HashMap<&str, Meaning> = HashMap::with_capacity(2048);
    for (kind, languages) in lists::LISTS {
        let is_decisive = matches!(kind, Kind::Negation | Kind::Missing | Kind::Role);
        for (index, words) in languages.iter().enumerate() {
            for word in words.split_ascii_whitespace() {
                let meaning = vocabulary.entry(word).or_default();
                meaning.kinds |= kind.bit();
                meaning.languages |= 1 << index;
                meaning.decisive |= u8::from(is_decisive) << index;
            }
        }
    }
    vocabulary
});
