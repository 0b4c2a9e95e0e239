//! Words and sentences.

use common::call::Transcript;

/// The words of a text in lower case: runs of letters and digits.
pub(crate) fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
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
    let at_a_word = head.rfind(' ').filter(|end| *end > head.len() / 2).map_or(head.as_str(), |end| &head[..end]);
    format!("{}…", at_a_word.trim_end())
}

/// The sentences of a text. Abbreviations, initials and numbers end none.
pub(crate) fn sentences(text: &str) -> Vec<String> {
    let mut sentences = Vec::new();
    let mut sentence = String::new();
    let mut tokens = text.split_whitespace().peekable();
    while let Some(token) = tokens.next() {
        if !sentence.is_empty() {
            sentence.push(' ');
        }
        sentence.push_str(token);
        let next_begins = tokens.peek().is_none_or(|next| begins_a_sentence(next));
        if ends_a_sentence(token) && next_begins {
            sentences.push(std::mem::take(&mut sentence));
        }
    }
    if !sentence.is_empty() {
        sentences.push(sentence);
    }
    sentences
}

/// The caller's words, at most so many characters, the last ones first to stay.
pub(crate) fn said_by_caller(transcript: &Transcript, max_chars: usize) -> String {
    let said = transcript.by_caller().map(|(_, turn)| turn.text.as_str()).collect::<Vec<_>>().join(" ");
    let too_many = said.chars().count().saturating_sub(max_chars);
    said.chars().skip(too_many).collect()
}

fn ends_a_sentence(token: &str) -> bool {
    let bare = token.trim_end_matches(['"', '\'', '”', '’', ')']);
    if bare.ends_with(['!', '?', '…']) {
        return true;
    }
    let Some(word) = bare.strip_suffix('.') else { return false };
    let word = word.trim_start_matches(['(', '"', '“']);
    let initial = word.chars().count() == 1 && word.chars().all(char::is_alphabetic);
    !initial && !word.contains('.') && !ABBREVIATIONS.contains(&word.to_lowercase().as_str())
}

fn begins_a_sentence(token: &str) -> bool {
    token
        .trim_start_matches(['"', '“', '(', '¿', '¡'])
        .chars()
        .next()
        .is_some_and(|c| c.is_uppercase() || c.is_numeric())
}

const ABBREVIATIONS: [&str; 20] = [
    "mr", "mrs", "ms", "dr", "prof", "st", "no", "nr", "vs", "inc", "ltd", "co", "approx", "sr", "sra", "srta", "hr",
    "fr", "str", "tel",
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn abbreviations_end_no_sentence() {
        let text = "Dana ordered a jacket, to be left with Mr. Okafor at no. 9. She asked not to be called before 10 a.m. because she works nights. Ok?";
        assert_eq!(
            sentences(text),
            [
                "Dana ordered a jacket, to be left with Mr. Okafor at no. 9.",
                "She asked not to be called before 10 a.m. because she works nights.",
                "Ok?"
            ]
        );
    }

    #[test]
    fn a_long_text_is_cut_between_words() {
        assert_eq!(shortened("a  short\ntext", 40), "a short text");
        assert_eq!(shortened("one two three four", 12), "one two…");
        assert_eq!(shortened(&"x".repeat(50), 10).chars().count(), 10);
    }

    proptest! {
        #[test]
        fn no_word_is_lost_between_sentences(text in "\\PC{0,200}") {
            let joined = sentences(&text).join(" ");
            prop_assert_eq!(joined, text.split_whitespace().collect::<Vec<_>>().join(" "));
        }

        #[test]
        fn what_is_shortened_is_never_too_long(text in "\\PC{0,200}", max in 1usize..100) {
            prop_assert!(shortened(&text, max).chars().count() <= max);
        }
    }
}
