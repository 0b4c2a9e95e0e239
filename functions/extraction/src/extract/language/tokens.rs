//! Splits a text into words with their positions.

use std::borrow::Cow;
use std::ops::Range;

use unicode_normalization::char::is_combining_mark;

/// Masks of secrets. A mask starts neither a label nor a number.
pub(crate) const MASKS: [&str; 5] = [
    "[card number]",
    "[id number]",
    "[account number]",
    "[code]",
    "[password]",
];

/// A word and its position.
#[derive(Debug)]
pub(crate) struct Token<'a> {
    /// Byte range in the text.
    pub(crate) range: Range<usize>,
    /// The word as it is written.
    pub(crate) text: &'a str,
    /// The word in lower case.
    pub(crate) lower: Cow<'a, str>,
    /// Whether punctuation before the word ends a clause.
    pub(crate) begins_clause: bool,
    /// Whether punctuation before the word ends a sentence.
    pub(crate) begins_sentence: bool,
}

/// Returns whether a word in lower case matches a listed word. An asterisk at the end of the listed
/// word matches any ending.
pub(crate) fn matches_word(said: &str, listed: &str) -> bool {
    listed
        .strip_suffix('*')
        .map_or(said == listed, |stem| said.starts_with(stem))
}

/// Returns whether no clause ends between two tokens.
pub(crate) fn is_one_clause(tokens: &[Token<'_>], from: usize, to: usize) -> bool {
    tokens[(from + 1).min(to)..=to]
        .iter()
        .all(|token| !token.begins_clause)
}

/// Returns the words of a text. A mask is one word.
pub(crate) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens: Vec<Token<'_>> = Vec::with_capacity(text.len() / 5);
    let mut end = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        let length = MASKS
            .iter()
            .find(|mask| c == '[' && text[start..].starts_with(*mask))
            .map(|mask| mask.len());
        let until = if let Some(length) = length {
            start + length
        } else if c.is_alphanumeric() {
            text[start..]
                .char_indices()
                .find(|(_, c)| !c.is_alphanumeric() && !is_combining_mark(*c))
                .map_or(text.len(), |(length, _)| start + length)
        } else {
            continue;
        };
        while chars.peek().is_some_and(|(index, _)| *index < until) {
            chars.next();
        }
        let between = &text[end..start];
        let word = &text[start..until];
        let is_lower = word
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        tokens.push(Token {
            range: start..until,
            text: word,
            lower: if is_lower {
                word.into()
            } else {
                word.to_lowercase().into()
            },
            begins_clause: between
                .contains([',', ';', '.', '!', '?', ':', '…', '–', '(', ')', '¿', '¡']),
            begins_sentence: between.contains(['.', '!', '?', '…'])
                && between.contains(char::is_whitespace),
        });
        end = until;
    }
    tokens
}
