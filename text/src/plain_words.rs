//! Words of a text that was put in lower case once, borrowed from it: cheap enough for every memory
//! of every call.

use unicode_normalization::UnicodeNormalization;

use crate::words::continues_word;

/// Returns a text in lower case with composed letters, one kind of apostrophe, and English
/// contractions written out: "Doesn’t" becomes "does not".
#[must_use]
pub fn lower_case(text: &str) -> String {
    let lower = if may_be_decomposed(text) {
        text.nfc().collect::<String>().to_lowercase()
    } else {
        text.to_lowercase()
    };
    let has_apostrophe = lower.contains(['\'', '’']);
    if has_apostrophe {
        lower.replace('’', "'").replace("n't", " not")
    } else {
        lower
    }
}

/// Returns whether a text may have accents that are characters of their own. In UTF-8, each of them
/// begins with one of these bytes.
fn may_be_decomposed(text: &str) -> bool {
    text.bytes().any(|byte| matches!(byte, 0xcc | 0xcd))
}

/// Returns the words of a text in lower case. An apostrophe separates words: "l'identité" and
/// "caller's" are two words each.
pub fn plain_words(lower: &str) -> impl Iterator<Item = &str> {
    lower
        .split(|c: char| !continues_word(c))
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contractions_are_written_out_and_letters_are_composed() {
        for (text, words) in [
            ("Doesn’t l'identité", vec!["does", "not", "l", "identité"]),
            (
                "The caller's e-mail",
                vec!["the", "caller", "s", "e", "mail"],
            ),
            ("Vaci\u{301}o", vec!["vacío"]),
            ("हिन्दी में", vec!["हिन्दी", "में"]),
        ] {
            let lower = lower_case(text);
            assert_eq!(plain_words(&lower).collect::<Vec<_>>(), words);
        }
    }
}
