//! Words as search and the comparison of memories need them: article codes and compounds stay whole
//! and have parts, and a text without spaces becomes pairs of letters.

mod pairs;

use crate::fold::{composed, fold};
use crate::has_digit;
use crate::words::continues_word;
use pairs::{is_paired, pairs};

/// A word, number or code such as `XYZ-789`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// As written but in lower case, with accents and inner separators.
    pub text: String,
    /// Folded, without separators: `XYZ-789` and `xyz789` both become `xyz789`.
    pub whole: String,
    /// Folded parts of a compound, letters separated from digits. Empty for a simple word.
    pub parts: Vec<String>,
    /// Whether it starts with a capital letter inside a sentence, as names do.
    pub is_name: bool,
    /// Whether it is a fragment of a text without spaces between words. Two such texts say the same
    /// only if all their fragments match.
    pub is_fragment: bool,
}

impl Word {
    /// Whether it contains a digit. Such words are compared exactly, never stemmed.
    #[must_use]
    pub fn has_digit(&self) -> bool {
        has_digit(&self.whole)
    }
}

/// Splits a text into words, in order.
#[must_use]
pub fn search_words(text: &str) -> Vec<Word> {
    let letters = composed(text);
    let mut words = Vec::new();
    let mut sentence_starts = true;
    let mut at = 0;
    while at < letters.len() {
        if !letters[at].is_alphanumeric() {
            sentence_starts |= matches!(letters[at], '.' | '!' | '?' | ':' | '"' | '\n');
            at += 1;
            continue;
        }
        let end = end_of_word(&letters, at);
        let written: String = letters[at..end].iter().collect();
        let is_name = letters[at].is_uppercase() && !sentence_starts;
        if letters[at..end].iter().copied().any(is_paired) {
            words.extend(pairs(&written));
        } else {
            words.extend(word(&written, is_name));
        }
        sentence_starts = false;
        at = end;
    }
    words
}

fn end_of_word(letters: &[char], start: usize) -> usize {
    let mut end = start + 1;
    while end < letters.len() {
        let joined = continues_word(letters[end])
            || letters
                .get(end + 1)
                .is_some_and(|next| joins(letters[end - 1], letters[end], *next));
        if !joined {
            break;
        }
        end += 1;
    }
    end
}

fn joins(before: char, separator: char, after: char) -> bool {
    let digits = before.is_numeric() && after.is_numeric();
    let alphanumeric = continues_word(before) && after.is_alphanumeric();
    match separator {
        '\'' | '’' | '-' | '_' | '\u{2011}' => alphanumeric,
        '.' | ',' | ':' => digits,
        '/' => alphanumeric && (before.is_numeric() || after.is_numeric()),
        _ => false,
    }
}

fn word(written: &str, is_name: bool) -> Option<Word> {
    let mut lower = written.to_lowercase();
    if lower.contains('’') {
        lower = lower.replace('’', "'");
    }
    if lower.ends_with("n't") {
        return Some(plain("not"));
    }
    let text = strip_contraction(&lower);
    let parts = split_article(text)
        .or_else(|| has_parts(text).then(|| parts(text)))
        .unwrap_or_default();
    let whole = without_separators(text);
    (!whole.is_empty()).then(|| Word {
        text: text.to_owned(),
        whole,
        parts: if parts.len() > 1 { parts } else { Vec::new() },
        is_name,
        is_fragment: false,
    })
}

fn plain(text: &str) -> Word {
    Word {
        text: text.to_owned(),
        whole: text.to_owned(),
        parts: Vec::new(),
        is_name: false,
        is_fragment: false,
    }
}

/// Removes a contracted ending: `customer's` becomes `customer`, `we'll` becomes `we`.
fn strip_contraction(lower: &str) -> &str {
    ["'s", "'ll", "'re", "'ve", "'d", "'m"]
        .iter()
        .find_map(|ending| lower.strip_suffix(ending))
        .unwrap_or(lower)
}

/// Removes separators such as the thousands comma. A decimal point and the colon of a clock time
/// stay: 19.99 is not 1999.
fn without_separators(text: &str) -> String {
    if text
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    {
        return text.to_owned();
    }
    let kept: String = text
        .chars()
        .filter(|letter| continues_word(*letter) || matches!(letter, '.' | ':'))
        .collect();
    fold(&kept)
}

/// Splits an Arabic article from its noun. It is written together with the noun, sometimes after a
/// preposition or conjunction.
fn split_article(text: &str) -> Option<Vec<String>> {
    let noun = ["وال", "بال", "فال", "كال", "ال", "لل"]
        .iter()
        .find_map(|article| text.strip_prefix(article))?;
    (noun.chars().count() >= 2).then(|| vec![noun.to_owned(), text.to_owned()])
}

/// Whether it is a compound. This quick check saves most words from being split.
fn has_parts(text: &str) -> bool {
    let mut kinds = text
        .chars()
        .map(|letter| (continues_word(letter), letter.is_numeric()));
    let first = kinds.next();
    kinds.any(|kind| Some(kind) != first)
}

fn parts(text: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut before: Option<char> = None;
    for letter in text.chars() {
        if continues_word(letter) {
            let continues =
                before.is_some_and(|b| continues_word(b) && b.is_numeric() == letter.is_numeric());
            match parts.last_mut() {
                Some(part) if continues => part.push(letter),
                _ => parts.push(letter.to_string()),
            }
        }
        before = Some(letter);
    }
    parts.iter().map(|part| fold(part)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wholes(text: &str) -> Vec<String> {
        search_words(text)
            .into_iter()
            .map(|word| word.whole)
            .collect()
    }

    #[test]
    fn a_code_has_a_whole_and_parts() {
        let words = search_words("product XYZ-789.");
        assert_eq!(words[1].whole, "xyz789");
        assert_eq!(words[1].parts, ["xyz", "789"]);
        assert!(words[1].is_name && !words[0].is_name);
    }

    #[test]
    fn possessives_are_stripped_and_contractions_become_not() {
        assert_eq!(
            wholes("the customer's dog doesn’t bark"),
            ["the", "customer", "dog", "not", "bark"]
        );
    }

    #[test]
    fn marks_belong_to_their_word() {
        assert_eq!(wholes("हिन्दी में बात"), ["हिन्दी", "में", "बात"]);
        assert!(search_words("हिन्दी")[0].parts.is_empty());
        assert_eq!(wholes("น้ำ"), ["นำ"]);
    }

    #[test]
    fn decimals_and_clock_times_keep_their_separators() {
        assert_eq!(
            wholes("19.99 1999 10:30 1,000"),
            ["19.99", "1999", "10:30", "1000"]
        );
    }

    #[test]
    fn the_first_word_of_a_sentence_is_not_a_name() {
        let names: Vec<bool> = search_words("Ann met Bob. Then left.")
            .iter()
            .map(|word| word.is_name)
            .collect();
        assert_eq!(names, [false, false, true, false, false]);
    }

    proptest! {
        #[test]
        fn only_a_compound_has_parts(text in "(\\PC{0,8}|[a-z0-9äß'-]{1,8})") {
            prop_assert!(has_parts(&text) || parts(&text).len() <= 1);
        }

        #[test]
        fn every_word_has_a_letter_or_a_digit(text in any::<String>()) {
            for word in search_words(&text) {
                prop_assert!(word.whole.chars().any(char::is_alphanumeric) || !word.whole.is_ascii());
                prop_assert!(word.parts.len() != 1);
            }
        }
    }
}
