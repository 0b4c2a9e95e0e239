//! Words of a text that was put in lower case once, borrowed from it: cheap enough for every memory
//! of every call.

use crate::words::continues_word;

/// Returns a text in lower case with one kind of apostrophe and with English contractions written
/// out: "Doesn’t" becomes "does not".
#[must_use]
pub fn lower_case(text: &str) -> String {
    let lower = text.to_lowercase();
    let has_apostrophe = lower.contains(['\'', '’']);
    if has_apostrophe {
        lower.replace('’', "'").replace("n't", " not")
    } else {
        lower
    }
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
    fn contractions_are_written_out_and_marks_stay_on_their_letters() {
        for (text, words) in [
            ("Doesn’t l'identité", vec!["does", "not", "l", "identité"]),
            (
                "The caller's e-mail",
                vec!["the", "caller", "s", "e", "mail"],
            ),
            ("vaci\u{301}o", vec!["vaci\u{301}o"]),
        ] {
            let lower = lower_case(text);
            assert_eq!(plain_words(&lower).collect::<Vec<_>>(), words);
        }
    }
}
