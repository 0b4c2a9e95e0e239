//! Plain words in lower case, for lists of words and for comparing what was said.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::scripts::is_spaceless;

/// Whether a word can begin with this character: a letter or a digit.
pub(crate) fn begins_word(c: char) -> bool {
    c.is_alphanumeric()
}

/// Whether a word that has begun continues with this character: a letter, a digit, or a mark on one
/// of them.
pub(crate) fn continues_word(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c)
}

/// Whether a text contains a digit.
#[must_use]
pub fn has_digit(text: &str) -> bool {
    text.chars().any(char::is_numeric)
}

/// Returns whether a word in lower case matches a listed word. An asterisk at the end of the listed
/// word matches any ending.
#[must_use]
pub fn matches_word(said: &str, listed: &str) -> bool {
    listed
        .strip_suffix('*')
        .map_or(said == listed, |stem| said.starts_with(stem))
}

/// Returns whether a word in lower case matches one of the words in a list with spaces between them.
#[must_use]
pub fn is_listed(said: &str, list: &str) -> bool {
    list.split_ascii_whitespace()
        .any(|listed| matches_word(said, listed))
}

/// Returns the text in normal form C, in which texts are stored: a letter and its combining marks
/// are one character if Unicode has one.
#[must_use]
pub fn nfc(text: &str) -> String {
    if text.is_ascii() {
        text.to_owned()
    } else {
        text.nfc().collect()
    }
}

/// Returns the words of a text in lower case: runs of letters and digits. In scripts without spaces
/// between words, each letter is a word.
pub fn words(text: &str) -> impl Iterator<Item = String> {
    runs(text).into_iter().flat_map(|run| {
        if run.chars().any(is_spaceless) {
            letters(&run)
        } else {
            vec![run.to_lowercase()]
        }
    })
}

/// Whether two texts differ only in case, whitespace and punctuation.
#[must_use]
pub fn same_words(one: &str, other: &str) -> bool {
    words(one).eq(words(other))
}

/// Returns the runs of letters and digits with their combining marks, in normal form KC. A text in
/// another normal form has the same runs.
#[must_use]
pub fn runs(text: &str) -> Vec<String> {
    // Fast path: most texts are ASCII, which is already in normal form.
    if text.is_ascii() {
        let runs = text.split(|c: char| !c.is_ascii_alphanumeric());
        return runs
            .filter(|run| !run.is_empty())
            .map(str::to_owned)
            .collect();
    }
    let normalized: String = text.nfkc().filter(|c| !is_invisible(*c)).collect();
    let runs = normalized.split(|c: char| !continues_word(c));
    runs.filter(|run| run.chars().any(begins_word))
        .map(str::to_owned)
        .collect()
}

/// Whether a character is invisible within words: soft hyphens, joiners, direction marks and
/// variation selectors.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// Splits a run so that each letter of a script without spaces is a word; other characters between
/// them stay together.
fn letters(run: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut is_open = false;
    for c in run.chars() {
        match words.last_mut().filter(|_| is_open && !is_spaceless(c)) {
            Some(word) => word.extend(c.to_lowercase()),
            None => words.push(c.to_lowercase().collect()),
        }
        is_open = !is_spaceless(c);
    }
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_split_in_scripts_without_spaces_and_with_combining_marks() {
        let words = |text| words(text).collect::<Vec<_>>();
        assert_eq!(
            words("我住在Mill Lane 14号"),
            ["我", "住", "在", "mill", "lane", "14", "号"]
        );
        assert_eq!(words("हिन्दी में"), ["हिन्दी", "में"]);
        assert_eq!(words("C'est l'été, ÉTÉ"), ["c", "est", "l", "été", "été"]);
    }

    /// The cases are in `tests/cases/normal-forms.json`.
    #[test]
    fn another_normal_form_of_a_text_has_the_same_words() {
        #[derive(serde::Deserialize)]
        struct Case {
            name: String,
            one: String,
            other: String,
            same: bool,
        }
        let cases: Vec<Case> =
            serde_json::from_str(include_str!("../../tests/cases/normal-forms.json")).unwrap();
        for Case {
            name,
            one,
            other,
            same,
        } in cases
        {
            assert_eq!(same_words(&one, &other), same, "{name}");
        }
    }

    proptest! {
        #[test]
        fn every_normal_form_has_the_same_words(text in "\\PC{0,80}") {
            let composed: String = text.nfc().collect();
            let decomposed: String = text.nfd().collect();
            prop_assert!(same_words(&composed, &decomposed));
        }
    }
}
