//! What the forms of a word share, without a dictionary or Snowball's rules: cheap enough for a
//! webhook, and for languages that have no stemmer.

use crate::has_digit;

/// Letters that two forms of a word share, in all eight languages.
pub const SHARED_LETTERS: usize = 4;

/// Returns the letters that a word shares with its other forms. A statement is compared with a call
/// in any language, so only the beginning counts.
#[must_use]
pub fn beginning(word: &str) -> String {
    word.chars().take(SHARED_LETTERS).collect()
}

/// Returns an English word in lower case without its ending. A word with a digit stays as it is.
#[must_use]
pub fn without_ending(word: &str) -> &str {
    let endings: &[&str] = if has_digit(word) || word.ends_with("ss") {
        &[]
    } else {
        &["ings", "ing", "ed", "es", "s"]
    };
    let cut = |ending: &&str| {
        word.strip_suffix(*ending)
            .filter(|rest| rest.chars().count() >= MIN_LETTERS)
    };
    endings
        .iter()
        .find_map(cut)
        .unwrap_or(word)
        .trim_end_matches('e')
}

/// Fewest letters that are left before an ending.
const MIN_LETTERS: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_have_the_same_beginning() {
        assert_eq!(beginning("roweru"), beginning("rower"));
        assert_eq!(beginning("für"), "für");
    }

    #[test]
    fn endings_are_cut_but_not_those_of_codes_and_short_words() {
        for (word, cut) in [
            ("prefers", "prefer"),
            ("shipping", "shipp"),
            ("moved", "mov"),
            ("use", "us"),
            ("glass", "glass"),
            ("bus", "bus"),
            ("7712s", "7712s"),
        ] {
            assert_eq!(without_ending(word), cut);
        }
    }
}
