//! Compares texts by their words: how similar two memories are, and how well a memory answers a
//! query. Pure.

use std::collections::HashSet;

use text::negation::negation;
use text::{has_digit, lower_case, plain_words, without_ending};

/// Factor on the similarity if a number, a negation or the order of words differs.
const CONTRADICTION_FACTOR: f64 = 0.3;
/// Factor on the similarity for each word that only the new memory has.
const NOVEL_WORD_FACTOR: f64 = 0.8;
/// Weight of a match in the hints, relative to a match in the content.
const HINT_WEIGHT: f64 = 0.8;
/// Weight of a derived word ("deliver" and "delivery"), relative to the same word.
const DERIVED_WEIGHT: f64 = 0.8;

#[rustfmt::skip]
const STOP_WORDS: &[&str] = &[
    "a", "about", "all", "an", "and", "any", "are", "as", "at", "be", "been", "by", "caller", "can", "customer", "did", "do",
    "doe", "does", "for", "had", "has", "have", "he", "her", "him", "his", "how", "i", "in", "is", "it", "its", "my", "of", "on", "or",
    "our", "she", "so", "that", "the", "their", "them", "they", "this", "to", "user", "we", "what", "when", "where", "which",
    "who", "whose", "why", "will", "with", "you", "your",
    "der", "die", "das", "und", "ist", "ein", "eine", "el", "la", "los", "las", "de", "del", "y", "en", "un", "una", "que",
];

/// Words that change the meaning of a statement, in addition to negations. Two statements can only
/// be equal if both have the same ones.
#[rustfmt::skip]
const MEANING_CHANGING: &[&str] = &[
    "longer", "anymore", "stopped", "former", "formerly", "was", "were", "used", "cancelled",
    "except", "only", "before", "after", "from", "over", "under", "mother", "father", "son", "daughter", "wife", "husband",
    "brother", "sister", "friend", "ya",
];

/// A statement about a caller, prepared for comparison.
pub(super) struct Statement {
    text: String,
    words: Vec<String>,
    numbers: Vec<String>,
    /// The words in it that change its meaning.
    meaning_changing: Vec<String>,
}

impl Statement {
    pub(super) fn new(text: &str) -> Self {
        let lower = without_possessives(text);
        let all: Vec<&str> = plain_words(&lower).collect();
        let pick = |wanted: &dyn Fn(&str) -> bool| -> Vec<String> {
            let mut picked: Vec<&str> = all.iter().copied().filter(|word| wanted(word)).collect();
            picked.sort_unstable();
            picked.into_iter().map(str::to_owned).collect()
        };
        let mut seen = HashSet::new();
        let mut words: Vec<String> = all
            .iter()
            .filter(|word| !STOP_WORDS.contains(word))
            .map(|word| without_ending(word).to_owned())
            .collect();
        words.retain(|word| seen.insert(word.clone()));
        Self {
            text: all.join(" "),
            words,
            numbers: pick(&has_digit),
            meaning_changing: pick(&changes_meaning),
        }
    }

    /// Returns how certain it is that `new` says nothing beyond this statement, from 0 to 1. The
    /// measure is cautious, because losing a fact is worse than storing it twice.
    pub(super) fn similarity(&self, new: &Self) -> f64 {
        if self.text == new.text {
            return 1.0;
        }
        let shared = |one: &Self, other: &Self| -> Vec<String> {
            one.words
                .iter()
                .filter(|word| other.words.contains(word))
                .cloned()
                .collect()
        };
        let ours = shared(self, new);
        let theirs = shared(new, self);
        if ours.is_empty() {
            return 0.0;
        }
        let cosine = ours.len() as f64 / ((self.words.len() * new.words.len()) as f64).sqrt();
        let novel = i32::try_from(new.words.len() - theirs.len()).unwrap_or(i32::MAX);
        let may_be_same = self.numbers == new.numbers
            && self.meaning_changing == new.meaning_changing
            && ours == theirs;
        let contradiction = if may_be_same {
            1.0
        } else {
            CONTRADICTION_FACTOR
        };
        // Only identical texts have a similarity of 1.
        (cosine * NOVEL_WORD_FACTOR.powi(novel) * contradiction).min(0.999)
    }
}

/// A memory, prepared for search.
pub(super) struct Passage {
    content: Vec<String>,
    hints: Vec<String>,
}

impl Passage {
    pub(super) fn new(content: &str, hints: &str) -> Self {
        Self {
            content: stems(content),
            hints: stems(hints),
        }
    }

    /// Returns how well a term matches the memory, from 0 to 1.
    fn strength(&self, term: &str) -> f64 {
        let best = |words: &[String]| {
            words
                .iter()
                .map(|word| match_strength(word, term))
                .fold(0.0, f64::max)
        };
        best(&self.content).max(HINT_WEIGHT * best(&self.hints))
    }
}

/// A search query. Its words are weighted by how rare they are among the caller's memories.
pub(super) struct Question {
    terms: Vec<(String, f64)>,
}

impl Question {
    pub(super) fn new(query: &str, passages: &[Passage]) -> Self {
        let mut seen = HashSet::new();
        let lower = without_possessives(query);
        let stems = plain_words(&lower)
            .filter(|word| !STOP_WORDS.contains(word))
            .map(without_ending);
        let terms = stems.filter(|term| seen.insert(*term)).map(|term| {
            let matches = passages
                .iter()
                .filter(|passage| passage.strength(term) > 0.0)
                .count();
            let weight = 1.0 + ((passages.len() + 1) as f64 / (matches + 1) as f64).ln();
            (term.to_owned(), weight)
        });
        Self {
            terms: terms.collect(),
        }
    }

    /// Returns the share of the query's weight that a memory covers, from 0 to 1.
    pub(super) fn coverage(&self, passage: &Passage) -> f64 {
        let total: f64 = self.terms.iter().map(|(_, weight)| weight).sum();
        let covered: f64 = self
            .terms
            .iter()
            .map(|(term, weight)| weight * passage.strength(term))
            .sum();
        if total > 0.0 {
            (covered / total).clamp(0.0, 1.0)
        } else {
            0.0
        }
    }
}

fn changes_meaning(word: &str) -> bool {
    MEANING_CHANGING.contains(&word) || negation(word).is_some()
}

fn stems(text: &str) -> Vec<String> {
    plain_words(&without_possessives(text))
        .map(|word| without_ending(word).to_owned())
        .collect()
}

/// Returns a text in lower case without the "'s" of a possessive.
fn without_possessives(text: &str) -> String {
    lower_case(text).replace("'s", "")
}

fn match_strength(word: &str, term: &str) -> f64 {
    if word == term {
        return 1.0;
    }
    let (short, long) = if word.len() <= term.len() {
        (word, term)
    } else {
        (term, word)
    };
    let is_derived = short.len() >= 4 && long.len() - short.len() <= 3 && long.starts_with(short);
    if is_derived && !has_digit(long) {
        DERIVED_WEIGHT
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn similarity(old: &str, new: &str) -> f64 {
        Statement::new(old).similarity(&Statement::new(new))
    }

    #[test]
    fn statements_in_almost_the_same_words_are_similar() {
        for (old, new) in [
            (
                "Customer prefers express shipping for all orders",
                "The customer prefers express shipping for all orders!",
            ),
            (
                "The caller is allergic to peanuts",
                "Caller is allergic to peanuts.",
            ),
            (
                "Prefers express shipping",
                "The caller prefers express shipping",
            ),
        ] {
            assert!(similarity(old, new) > 0.85, "{old} / {new}");
        }
    }

    #[test]
    fn another_number_negation_person_or_direction_is_not_similar() {
        for (old, new) in [
            ("Asked about order 7712", "Asked about order 7721"),
            ("Has 1 child", "Has 3 children"),
            ("Likes express shipping", "Does not like express shipping"),
            ("Likes express shipping", "No longer likes express shipping"),
            (
                "Il aime le café au lait chaud",
                "Il aime pas le café au lait chaud",
            ),
            ("Moved from Denver to Boston", "Moved from Boston to Denver"),
            ("Lives in Boston", "The caller's mother lives in Boston"),
            ("Allergic to peanuts", "Allergic to peanuts and shellfish"),
        ] {
            assert!(
                similarity(old, new) < 0.85 && similarity(new, old) < 0.95,
                "{old} / {new}"
            );
        }
    }

    #[test]
    fn a_query_is_covered_by_its_words_in_any_form() {
        let passages = [
            Passage::new("Customer prefers express shipping for all orders", ""),
            Passage::new(
                "Her daughter Emma starts college in September",
                "school studies",
            ),
        ];
        let covered = |query: &str| {
            passages
                .each_ref()
                .map(|passage| Question::new(query, &passages).coverage(passage))
        };
        let [shipping, daughter] = covered("what shipping does she prefer");
        assert!(shipping > 0.9 && daughter < 0.1);
        let [shipping, daughter] = covered("what about her daughter's school?");
        assert!(daughter > 0.7 && shipping < 0.1);
        assert_eq!(covered("quantum chromodynamics"), [0.0, 0.0]);
    }

    proptest! {
        #[test]
        fn similarity_and_coverage_are_between_0_and_1(one in ".{0,60}", other in ".{0,60}") {
            prop_assert!((0.0..=1.0).contains(&similarity(&one, &other)));
            prop_assert!(similarity(&one, &one) >= 1.0);
            let passages = [Passage::new(&one, "")];
            prop_assert!((0.0..=1.0).contains(&Question::new(&other, &passages).coverage(&passages[0])));
        }

        #[test]
        fn statements_with_different_numbers_are_not_duplicates(one in 0u32..100_000, other in 0u32..100_000) {
            prop_assume!(one != other);
            let asked_about = |order: u32| format!("Asked about order {order}");
            let similarity = similarity(&asked_about(one), &asked_about(other));
            prop_assert!(similarity < 0.85);
        }
    }
}
