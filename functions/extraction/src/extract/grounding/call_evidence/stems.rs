//! Stems: what a text is about.

use std::collections::HashSet;

use text::numbers::number_of_word;
use text::{beginning, has_digit, runs, words};

/// Fewest letters of a word that has a stem. Shorter words carry no meaning unless they contain a
/// digit.
const MIN_STEM_WORD_LETTERS: usize = 4;

/// Returns what a text is about: the first letters of its meaningful words, or pairs of letters for
/// scripts without long words.
pub(crate) fn stems(text: &str) -> Vec<String> {
    let of_run = |run: String| {
        if run.chars().all(has_long_words) {
            stem(&run)
        } else {
            bigrams(&run)
        }
    };
    runs(text).into_iter().flat_map(of_run).collect()
}

/// Returns whether a statement may repeat an earlier one: they share a stem, and it has no other
/// number.
pub(crate) fn may_repeat(statement: &str, earlier: &str) -> bool {
    let known: HashSet<String> = stems(earlier).into_iter().collect();
    stems(statement).iter().any(|stem| known.contains(stem))
        && numbers(statement).is_subset(&numbers(earlier))
}

/// Returns the numbers of a text as digits, whether written in digits or in words.
pub(super) fn numbers(text: &str) -> HashSet<String> {
    words(text)
        .filter_map(|word| {
            let has_digit = has_digit(&word);
            number_of_word(&word).or_else(|| has_digit.then_some(word))
        })
        .collect()
}

fn stem(run: &str) -> Vec<String> {
    let word = run.to_lowercase();
    let has_digit = has_digit(&word);
    let is_meaningful = has_digit || word.chars().count() >= MIN_STEM_WORD_LETTERS;
    if !is_meaningful || STOP_WORDS.contains(&word.as_str()) {
        Vec::new()
    } else if has_digit {
        vec![word]
    } else {
        vec![beginning(&word)]
    }
}

fn bigrams(run: &str) -> Vec<String> {
    let letters: Vec<char> = run.chars().flat_map(char::to_lowercase).collect();
    letters
        .windows(2)
        .filter(|pair| !pair.iter().all(|c| is_hiragana(*c)))
        .map(|pair| pair.iter().collect())
        .collect()
}

/// Returns whether a character belongs to a script with long words (Latin, Greek, Cyrillic,
/// Armenian) or is a digit.
fn has_long_words(c: char) -> bool {
    c < '\u{590}' || matches!(c, '\u{1c80}'..='\u{1fff}')
}

/// Returns whether a character is hiragana. Pairs of hiragana are Japanese grammar and occur in
/// every sentence.
fn is_hiragana(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{309f}')
}

/// Words that occur in every memory and every call, so they support nothing.
const STOP_WORDS: [&str; 32] = [
    "caller", "customer", "user", "client", "that", "this", "with", "have", "from", "your", "they",
    "their", "them", "said", "says", "what", "when", "will", "would", "about", "wants", "want",
    "like", "please", "could", "been", "were", "there", "which", "should", "kunde", "cliente",
];
