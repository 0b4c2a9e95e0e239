//! Keys stored beside each memory, so that a question or a new memory is compared with a few of a
//! caller's memories instead of all. Pure.
//!
//! If a change removes something from these keys, add a migration that sets them to NULL. Memories
//! without keys are always compared. Nothing fills missing keys in: an older memory without them
//! costs a comparison each time, until it is stored again.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use text::search_words;
use text::stems::Language;

use super::duplicates::{NormalizedText, canonical};
use super::relevance::{Question, date_keys, hints};

/// The lookup keys of one memory.
pub(crate) struct LookupKeys {
    /// Every spelling and stem that may match a word of a question, each between line breaks.
    pub(crate) terms: String,
    /// A hash of language, numbers and modifiers. Duplicates always have the same hash.
    pub(crate) claim_hash: String,
}

/// Finds the stored memories that a text may duplicate.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct DuplicateLookup {
    pub(crate) claim_hash: String,
    /// A term that every duplicate contains; `None` if duplicates may share no word.
    pub(crate) search_term: Option<String>,
}

/// With more search terms than this, filtering costs more than it saves.
const MAX_SEARCH_TERMS: usize = 48;
/// A word and its derivations share a prefix of at least this many bytes.
const SHARED_PREFIX: usize = 4;
/// From this similarity threshold on, a duplicate adds no word to the older memory, because each
/// new word multiplies the similarity by at most this much.
const NO_NEW_WORD_THRESHOLD: f64 = 0.8;

impl LookupKeys {
    pub(crate) fn new(content: &str, metadata: &Map<String, Value>) -> Self {
        let text = NormalizedText::new(content);
        let mut keys: BTreeSet<String> = text.keys().map(str::to_owned).collect();
        let words = search_words(content);
        keys.extend(date_keys(&words));
        for word in words.into_iter().chain(search_words(&hints(metadata))) {
            for stem in Language::ALL.map(|language| language.stem(&word.text)) {
                // A duplicate may use a synonym, so the canonical word is a key too. A name in this
                // text may be an ordinary word in a duplicate.
                keys.extend(canonical(&stem).map(str::to_owned));
                keys.insert(stem);
            }
            keys.extend(word.parts);
            keys.insert(word.whole);
        }
        let terms = keys
            .iter()
            .fold(String::from("\n"), |text, term| text + term + "\n");
        Self {
            terms,
            claim_hash: claim_hash(&text),
        }
    }
}

impl DuplicateLookup {
    /// Creates the lookup for duplicates of a text above a similarity threshold.
    pub(crate) fn new(content: &str, threshold: f64) -> Self {
        let text = NormalizedText::new(content);
        let longest = text.keys().max_by_key(|key| key.len());
        let search_term = longest
            .filter(|_| threshold >= NO_NEW_WORD_THRESHOLD)
            .map(|key| format!("\n{key}\n"));
        Self {
            claim_hash: claim_hash(&text),
            search_term,
        }
    }
}

/// The search terms of a question. The terms of every memory that shares a word with the question
/// contain at least one of them. `None` means that all memories have to be compared.
pub(crate) fn search_terms(question: &Question) -> Option<Vec<String>> {
    let spellings = question.terms.iter().flat_map(|term| term.spellings());
    let dates = question.terms.iter().flat_map(|term| term.date_keys());
    let search_terms: BTreeSet<String> = spellings
        .map(search_term)
        .chain(dates.map(|key| search_term(&key)))
        .collect();
    (search_terms.len() <= MAX_SEARCH_TERMS).then(|| search_terms.into_iter().collect())
}

fn search_term(spelling: &str) -> String {
    if spelling.len() < SHARED_PREFIX {
        return format!("\n{spelling}\n");
    }
    let end = (1..=SHARED_PREFIX)
        .rev()
        .find(|end| spelling.is_char_boundary(*end))
        .unwrap_or(spelling.len());
    format!("\n{}", &spelling[..end])
}

fn claim_hash(text: &NormalizedText) -> String {
    let digest = Sha256::digest(text.claim_parts().join("\n"));
    digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::matching::{Passage, is_duplicate, rank, similarity};

    fn matches_terms(question: &str, content: &str, metadata: &Map<String, Value>) -> bool {
        let terms = LookupKeys::new(content, metadata).terms;
        search_terms(&Question::parse(question)).is_none_or(|search_terms| {
            search_terms
                .iter()
                .any(|search_term| terms.contains(search_term))
        })
    }

    fn is_relevant(question: &str, content: &str, metadata: &Map<String, Value>) -> bool {
        let question = Question::parse(question);
        let passage = Passage::new(content, metadata, question.language);
        rank(&question, &[passage], &[1.0], 1)[0]
            .relevance
            .is_some()
    }

    const TEXTS: [&str; 18] = [
        "Customer prefers express shipping for all orders",
        "Shipment HO-7712 of the XYZ789 lamp was late",
        "Where is order ho 7712?",
        "¿Cuáles son los envíos urgentes?",
        "El cliente prefiere el envío urgente",
        "Die Bestellungen kamen zu spät an die Straße",
        "bestellung",
        "The children were dying to go skiing",
        "die",
        "A ski",
        "no",
        "ñandú ÄÖÜ",
        "XYZ 789",
        "don't",
        "The plumber comes on 2026-12-14",
        "appointment in December",
        "Termin am 14.12.",
        "w grudniu",
    ];

    #[test]
    fn relevant_memories_match_in_every_language_and_spelling() {
        let value = json!({ "tags": ["Delivery"], "entities": [{ "name": "Lisboa" }] });
        let metadata = value.as_object().unwrap();
        for question in TEXTS
            .into_iter()
            .chain(["deliveries", "Lisboa", "order", "ships"])
        {
            for content in TEXTS {
                let relevant = is_relevant(question, content, metadata);
                assert!(
                    !relevant || matches_terms(question, content, metadata),
                    "{question} / {content}"
                );
            }
        }
        assert!(!matches_terms("dentist", TEXTS[0], &Map::new()));
    }

    #[test]
    fn the_lookup_finds_the_same_words_in_another_case() {
        for (old, new) in [
            ("Bought a Couch", "bought a couch"),
            ("bought a couch", "Bought a Couch"),
            ("Likes Tea", "likes tea"),
        ] {
            let keys = LookupKeys::new(old, &Map::new());
            let lookup = DuplicateLookup::new(new, 0.85);
            assert!(
                similarity(&NormalizedText::new(old), &NormalizedText::new(new)) >= 1.0,
                "{new}"
            );
            assert!(
                lookup.claim_hash == keys.claim_hash
                    && lookup
                        .search_term
                        .is_some_and(|search_term| keys.terms.contains(&search_term)),
                "{new}"
            );
        }
    }

    #[test]
    fn the_lookup_finds_a_paraphrase() {
        let old = LookupKeys::new(
            "Customer prefers express shipping for all orders",
            &Map::new(),
        );
        let lookup =
            DuplicateLookup::new("The caller likes express shipping for every order", 0.85);
        assert!(
            lookup.claim_hash == old.claim_hash
                && lookup
                    .search_term
                    .is_some_and(|search_term| old.terms.contains(&search_term))
        );
        assert_ne!(
            DuplicateLookup::new("Has 3 dogs", 0.85).claim_hash,
            DuplicateLookup::new("Has 2 dogs", 0.85).claim_hash
        );
        assert_eq!(DuplicateLookup::new("Has a dog", 0.5).search_term, None);
    }

    proptest! {
        #[test]
        fn a_relevant_memory_always_matches(question in "[a-zäñ0-9 -]{1,30}", content in "[a-zäñ0-9 -]{1,60}") {
            let both = format!("{content} {question}");
            for content in [content.as_str(), both.as_str()] {
                prop_assert!(!is_relevant(&question, content, &Map::new()) || matches_terms(&question, content, &Map::new()));
            }
        }

        #[test]
        fn the_lookup_finds_every_duplicate(words in prop::collection::vec("(the|a|dog|dogs|likes|prefers|lamp|2|two|not|Anna|and|orders|order)", 1..7), more in prop::collection::vec("(the|dog|lamp|caller|order)", 0..3)) {
            let new = words.join(" ");
            let old = format!("{} {new}", more.join(" "));
            for (old, new) in [(old.as_str(), new.as_str()), (new.as_str(), old.as_str())] {
                if is_duplicate(similarity(&NormalizedText::new(old), &NormalizedText::new(new)), 0.85) {
                    let keys = LookupKeys::new(old, &Map::new());
                    let lookup = DuplicateLookup::new(new, 0.85);
                    prop_assert_eq!(&keys.claim_hash, &lookup.claim_hash);
                    prop_assert!(lookup.search_term.is_none_or(|search_term| keys.terms.contains(&search_term)));
                }
            }
        }
    }
}
