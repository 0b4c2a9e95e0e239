//! Words of memories: whether two say the same, and how much of a question one answers. Pure.

use std::collections::HashSet;

/// What is left of a likeness when a number, a negation or the order of words differs.
const CONTRADICTED: f64 = 0.3;
/// What each word that only the new memory has leaves of a likeness.
const NOVEL: f64 = 0.8;
/// What a match in hints counts beside one in the content.
const HINT: f64 = 0.8;
/// What a derived word ("deliver", "delivery") counts beside the same word.
const DERIVED: f64 = 0.8;

#[rustfmt::skip]
const GRAMMAR: &[&str] = &[
    "a", "about", "all", "an", "and", "any", "are", "as", "at", "be", "been", "by", "caller", "can", "customer", "did", "do",
    "doe", "does", "for", "had", "has", "have", "he", "her", "him", "his", "how", "i", "in", "is", "it", "its", "my", "of", "on", "or",
    "our", "she", "so", "that", "the", "their", "them", "they", "this", "to", "user", "we", "what", "when", "where", "which",
    "who", "whose", "why", "will", "with", "you", "your",
    "der", "die", "das", "und", "ist", "ein", "eine", "el", "la", "los", "las", "de", "del", "y", "en", "un", "una", "que",
];

/// Words that turn a claim round. They must stand on both sides or on neither.
#[rustfmt::skip]
const TURNING: &[&str] = &[
    "no", "not", "never", "without", "longer", "anymore", "stopped", "former", "formerly", "was", "were", "used", "cancelled",
    "except", "only", "before", "after", "from", "over", "under", "mother", "father", "son", "daughter", "wife", "husband",
    "brother", "sister", "friend", "nicht", "kein", "keine", "nie", "sin", "nunca", "ya",
];

/// A text in the form in which it is compared.
pub(super) struct Claim {
    text: String,
    words: Vec<String>,
    numbers: Vec<String>,
    turning: Vec<String>,
}

impl Claim {
    pub(super) fn new(text: &str) -> Self {
        let all = plain_words(text);
        let pick = |wanted: &dyn Fn(&String) -> bool| -> Vec<String> {
            let mut picked: Vec<String> = all.iter().filter(|word| wanted(word)).cloned().collect();
            picked.sort();
            picked
        };
        let mut seen = HashSet::new();
        let mut words: Vec<String> = all
            .iter()
            .filter(|word| !GRAMMAR.contains(&word.as_str()))
            .map(|word| stem(word))
            .collect();
        words.retain(|word| seen.insert(word.clone()));
        Self {
            text: all.join(" "),
            words,
            numbers: pick(&|word| has_digit(word)),
            turning: pick(&|word| TURNING.contains(&word.as_str())),
        }
    }

    /// How surely `new` says nothing that this does not say, 0 to 1. Losing a fact is worse than
    /// keeping it twice.
    pub(super) fn likeness(&self, new: &Self) -> f64 {
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
        let (ours, theirs) = (shared(self, new), shared(new, self));
        if ours.is_empty() {
            return 0.0;
        }
        let cosine = ours.len() as f64 / ((self.words.len() * new.words.len()) as f64).sqrt();
        let novel = i32::try_from(new.words.len() - theirs.len()).unwrap_or(i32::MAX);
        let may_be_same =
            self.numbers == new.numbers && self.turning == new.turning && ours == theirs;
        // 1 is for what is the same word for word.
        (cosine * NOVEL.powi(novel) * if may_be_same { 1.0 } else { CONTRADICTED }).min(0.999)
    }
}

/// A memory as something to be searched.
pub(super) struct Passage {
    content: Vec<String>,
    hints: Vec<String>,
}

impl Passage {
    pub(super) fn new(content: &str, hints: &str) -> Self {
        let stems = |text| plain_words(text).iter().map(|word| stem(word)).collect();
        Self {
            content: stems(content),
            hints: stems(hints),
        }
    }

    fn strength(&self, term: &str) -> f64 {
        let best = |words: &[String]| {
            words
                .iter()
                .map(|word| match_of(word, term))
                .fold(0.0, f64::max)
        };
        best(&self.content).max(HINT * best(&self.hints))
    }
}

/// A question, its words weighed by how rare they are among a caller's memories.
pub(super) struct Question {
    terms: Vec<(String, f64)>,
}

impl Question {
    pub(super) fn new(query: &str, passages: &[Passage]) -> Self {
        let mut seen = HashSet::new();
        let words = plain_words(query);
        let telling = words
            .iter()
            .filter(|word| !GRAMMAR.contains(&word.as_str()))
            .map(|word| stem(word));
        let terms = telling
            .filter(|term| seen.insert(term.clone()))
            .map(|term| {
                let holding = passages
                    .iter()
                    .filter(|passage| passage.strength(&term) > 0.0)
                    .count();
                let weight = 1.0 + ((passages.len() + 1) as f64 / (holding + 1) as f64).ln();
                (term, weight)
            });
        Self {
            terms: terms.collect(),
        }
    }

    /// The share of the question's weight that a memory covers, 0 to 1.
    pub(super) fn covered_by(&self, passage: &Passage) -> f64 {
        let all: f64 = self.terms.iter().map(|(_, weight)| weight).sum();
        let covered: f64 = self
            .terms
            .iter()
            .map(|(term, weight)| weight * passage.strength(term))
            .sum();
        if all > 0.0 {
            (covered / all).clamp(0.0, 1.0)
        } else {
            0.0
        }
    }
}

fn plain_words(text: &str) -> Vec<String> {
    let lower = text
        .to_lowercase()
        .replace('’', "'")
        .replace("n't", " not")
        .replace("'s", "");
    lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

fn has_digit(word: &str) -> bool {
    word.chars().any(char::is_numeric)
}

fn match_of(word: &str, term: &str) -> f64 {
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
        DERIVED
    } else {
        0.0
    }
}

fn stem(word: &str) -> String {
    let endings: &[&str] = if has_digit(word) || word.ends_with("ss") {
        &[]
    } else {
        &["ings", "ing", "ed", "es", "s"]
    };
    let cut = |ending: &&str| {
        word.strip_suffix(*ending)
            .filter(|rest| rest.chars().count() >= 3)
    };
    endings
        .iter()
        .find_map(cut)
        .unwrap_or(word)
        .trim_end_matches('e')
        .to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn likeness(old: &str, new: &str) -> f64 {
        Claim::new(old).likeness(&Claim::new(new))
    }

    #[test]
    fn the_same_in_almost_the_same_words_is_alike() {
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
            assert!(likeness(old, new) > 0.85, "{old} / {new}");
        }
    }

    #[test]
    fn another_number_negation_person_or_direction_is_not_alike() {
        for (old, new) in [
            ("Asked about order 7712", "Asked about order 7721"),
            ("Has 1 child", "Has 3 children"),
            ("Likes express shipping", "Does not like express shipping"),
            ("Likes express shipping", "No longer likes express shipping"),
            ("Moved from Denver to Boston", "Moved from Boston to Denver"),
            ("Lives in Boston", "The caller's mother lives in Boston"),
            ("Allergic to peanuts", "Allergic to peanuts and shellfish"),
        ] {
            assert!(
                likeness(old, new) < 0.85 && likeness(new, old) < 0.95,
                "{old} / {new}"
            );
        }
    }

    #[test]
    fn a_question_is_covered_by_its_words_in_any_form() {
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
                .map(|passage| Question::new(query, &passages).covered_by(passage))
        };
        let [shipping, daughter] = covered("what shipping does she prefer");
        assert!(shipping > 0.9 && daughter < 0.1);
        let [shipping, daughter] = covered("what about her daughter's school?");
        assert!(daughter > 0.7 && shipping < 0.1);
        assert_eq!(covered("quantum chromodynamics"), [0.0, 0.0]);
    }

    proptest! {
        #[test]
        fn likeness_and_coverage_stay_between_nothing_and_all(one in ".{0,60}", other in ".{0,60}") {
            prop_assert!((0.0..=1.0).contains(&likeness(&one, &other)));
            prop_assert!(likeness(&one, &one) >= 1.0);
            let passages = [Passage::new(&one, "")];
            prop_assert!((0.0..=1.0).contains(&Question::new(&other, &passages).covered_by(&passages[0])));
        }

        #[test]
        fn facts_with_other_numbers_never_repeat(one in 0u32..100_000, other in 0u32..100_000) {
            prop_assume!(one != other);
            let asked_about = |order: u32| format!("Asked about order {order}");
            let alike = likeness(&asked_about(one), &asked_about(other));
            prop_assert!(alike < 0.85);
        }
    }
}
