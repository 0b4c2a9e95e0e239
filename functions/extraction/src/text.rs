//! Words.

use common::call::Transcript;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A text in the normal form in which texts are stored: each letter with its marks is one character
/// where there is one.
pub(crate) fn composed(text: &str) -> String {
    if text.is_ascii() {
        text.to_owned()
    } else {
        text.nfc().collect()
    }
}

pub(crate) use crate::sentences::sentences;

/// The words of a text in lower case: runs of letters and digits. Of scripts that put no blanks
/// between words each letter is one.
pub(crate) fn words(text: &str) -> impl Iterator<Item = String> {
    let split = |run: String| {
        if run.chars().any(is_spaceless) {
            letters(&run)
        } else {
            vec![run.to_lowercase()]
        }
    };
    runs(text).into_iter().flat_map(split)
}

/// Runs of letters and digits with their marks, in one normal form: the same text in another form
/// has the same runs.
pub(crate) fn runs(text: &str) -> Vec<String> {
    // ASCII is in that form, and most texts are ASCII.
    if text.is_ascii() {
        let runs = text.split(|c: char| !c.is_ascii_alphanumeric());
        return runs
            .filter(|run| !run.is_empty())
            .map(str::to_owned)
            .collect();
    }
    let compared: String = text.nfkc().filter(|c| !is_invisible(*c)).collect();
    let runs = compared.split(|c: char| !c.is_alphanumeric() && !is_combining_mark(c));
    runs.filter(|run| run.chars().any(char::is_alphanumeric))
        .map(str::to_owned)
        .collect()
}

/// Characters within words that nobody sees: soft hyphens, joiners, marks of direction, variation
/// selectors.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// Each letter of a script without blanks by itself, whatever stands between them as it is.
fn letters(run: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut goes_on = false;
    for c in run.chars() {
        match words.last_mut().filter(|_| goes_on && !is_spaceless(c)) {
            Some(word) => word.extend(c.to_lowercase()),
            None => words.push(c.to_lowercase().collect()),
        }
        goes_on = !is_spaceless(c);
    }
    words
}

/// Whether a letter is of a script that puts no blanks between words: Chinese, Japanese, Thai, Lao,
/// Burmese, Khmer.
pub(crate) fn is_spaceless(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{323af}')
}

/// Whether two texts differ in nothing but case, blanks and punctuation.
pub(crate) fn same_words(one: &str, other: &str) -> bool {
    words(one).eq(words(other))
}

/// At most `max_chars` characters, cut between words, with `…` where something was cut.
pub(crate) fn shortened(text: &str, max_chars: usize) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() <= max_chars {
        return text;
    }
    let room = max_chars.saturating_sub(1);
    let head: String = text.chars().take(room).collect();
    let at_a_word = head
        .rfind(' ')
        .filter(|end| *end > head.len() / 2)
        .map_or(head.as_str(), |end| &head[..end]);
    format!("{}…", at_a_word.trim_end())
}

/// The caller's words, at most so many characters, the last ones first to stay.
pub(crate) fn said_by_caller(transcript: &Transcript, max_chars: usize) -> String {
    let said = transcript
        .by_caller()
        .map(|(_, turn)| turn.text.as_str())
        .collect::<Vec<_>>()
        .join(" ");
    let too_many = said.chars().count().saturating_sub(max_chars);
    said.chars().skip(too_many).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_long_text_is_cut_between_words() {
        assert_eq!(shortened("a  short\ntext", 40), "a short text");
        assert_eq!(shortened("one two three four", 12), "one two…");
        assert_eq!(shortened(&"x".repeat(50), 10).chars().count(), 10);
    }

    #[test]
    fn words_are_found_in_scripts_without_blanks_and_with_marks() {
        let words = |text| words(text).collect::<Vec<_>>();
        assert_eq!(
            words("我住在Mill Lane 14号"),
            ["我", "住", "在", "mill", "lane", "14", "号"]
        );
        assert_eq!(words("हिन्दी में"), ["हिन्दी", "में"]);
        assert_eq!(words("C'est l'été, ÉTÉ"), ["c", "est", "l", "été", "été"]);
    }

    /// `tests/cases/normal-forms.json`: texts that are the same, and whether they are.
    #[test]
    fn the_same_text_in_another_normal_form_has_the_same_words() {
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
            let (composed, decomposed) = (text.nfc().collect::<String>(), text.nfd().collect::<String>());
            prop_assert!(same_words(&composed, &decomposed));
        }

        #[test]
        fn what_is_shortened_is_never_too_long(text in "\\PC{0,200}", max in 1usize..100) {
            prop_assert!(shortened(&text, max).chars().count() <= max);
        }
    }
}
