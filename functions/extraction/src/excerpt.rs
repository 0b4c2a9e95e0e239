//! Parts of texts that have a maximum length.

use common::call::Transcript;

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

    proptest! {
        #[test]
        fn a_shortened_text_is_never_too_long(text in "\\PC{0,200}", max in 1usize..100) {
            prop_assert!(shorten(&text, max).chars().count() <= max);
        }
    }
}
