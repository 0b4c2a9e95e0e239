//! Words and normal forms of texts.

pub(crate) use crate::sentences::sentences;

use common::call::Transcript;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Returns the text in normal form C, in which texts are stored: a letter and its combining marks
/// are one character if Unicode has one.
pub(crate) fn nfc(text: &str) -> String {
    if text.is_ascii() {
        text.to_owned()
    } else {
        text.nfc().collect()
    }
}

/// Returns the words of a text in lower case: runs of letters and digits. In scripts without spaces
/// between words, each letter is a word.
pub(crate) fn words(text: &str) -> impl Iterator<Item = String> {
    runs(text).into_iter().flat_map(|run| {
        if run.chars().any(is_spaceless) {
            letters(&run)
        } else {
            vec![run.to_lowercase()]
        }
    })
}

/// Returns the runs of letters and digits with their combining marks, in normal form KC. A text in
/// another normal form has the same runs.
pub(crate) fn runs(text: &str) -> Vec<String> {
    // Fast path: most texts are ASCII, which is already in normal form.
    if text.is_ascii() {
        let runs = text.split(|c: char| !c.is_ascii_alphanumeric());
        return runs
            .filter(|run| !run.is_empty())
            .map(str::to_owned)
            .collect();
    }
    let normalized: String = text.nfkc().filter(|c| !is_invisible(*c)).collect();
    let runs = normalized.split(|c: char| !c.is_alphanumeric() && !is_combining_mark(c));
    runs.filter(|run| run.chars().any(char::is_alphanumeric))
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
    let mut continues_word = false;
    for c in run.chars() {
        match words
            .last_mut()
            .filter(|_| continues_word && !is_spaceless(c))
        {
            Some(word) => word.extend(c.to_lowercase()),
            None => words.push(c.to_lowercase().collect()),
        }
        continues_word = !is_spaceless(c);
    }
    words
}

/// Whether a letter belongs to a script without spaces between words: Chinese, Japanese, Thai, Lao,
/// Burmese or Khmer.
pub(crate) fn is_spaceless(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{323af}')
}

/// Whether two texts differ only in case, whitespace and punctuation.
pub(crate) fn same_words(one: &str, other: &str) -> bool {
    words(one).eq(words(other))
}

/// Shortens a text to at most `max_chars` characters. It cuts between words and appends `…`.
pub(crate) fn shorten(text: &str, max_chars: usize) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() <= max_chars {
        return text;
    }
    let max_head = max_chars.saturating_sub(1);
    let head: String = text.chars().take(max_head).collect();
    let whole_words = head
        .rfind(' ')
        .filter(|end| *end > head.len() / 2)
        .map_or(head.as_str(), |end| &head[..end]);
    format!("{}…", whole_words.trim_end())
}

/// Returns the last `max_chars` characters of the caller's words.
pub(crate) fn last_words_of_caller(transcript: &Transcript, max_chars: usize) -> String {
    let spoken = transcript
        .by_caller()
        .map(|(_, turn)| turn.text.as_str())
        .collect::<Vec<_>>()
        .join(" ");
    let too_many = spoken.chars().count().saturating_sub(max_chars);
    spoken.chars().skip(too_many).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_long_text_is_cut_between_words() {
        assert_eq!(shorten("a  short\ntext", 40), "a short text");
        assert_eq!(shorten("one two three four", 12), "one two…");
        assert_eq!(shorten(&"x".repeat(50), 10).chars().count(), 10);
    }

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
            serde_json::from_str(include_str!("../../../tests/cases/normal-forms.json")).unwrap();
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

        #[test]
        fn a_shortened_text_is_never_too_long(text in "\\PC{0,200}", max in 1usize..100) {
            prop_assert!(shorten(&text, max).chars().count() <= max);
        }
    }
}
