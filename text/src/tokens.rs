//! Words with their positions in the text, and the ends of clauses and sentences between them.

use std::borrow::Cow;
use std::ops::Range;

use crate::words::{begins_word, continues_word};

/// A word and its position.
#[derive(Debug)]
pub struct Token<'a> {
    /// Byte range in the text.
    pub range: Range<usize>,
    /// The word as it is written.
    pub text: &'a str,
    /// The word in lower case.
    pub lower: Cow<'a, str>,
    /// Whether punctuation before the word ends a clause.
    pub begins_clause: bool,
    /// Whether punctuation before the word ends a sentence.
    pub begins_sentence: bool,
}

/// Returns whether no clause ends between two tokens.
#[must_use]
pub fn is_one_clause(tokens: &[Token<'_>], from: usize, to: usize) -> bool {
    tokens[(from + 1).min(to)..=to]
        .iter()
        .all(|token| !token.begins_clause)
}

/// Returns the words of a text. Each of the texts in `whole`, which begin with a bracket, is one
/// word: the mask of a secret, such as "[card number]", starts neither a label nor a number.
#[must_use]
pub fn tokens<'a>(text: &'a str, whole: &[&str]) -> Vec<Token<'a>> {
    let mut tokens: Vec<Token<'a>> = Vec::with_capacity(text.len() / 5);
    let mut end = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        let length = whole
            .iter()
            .find(|whole| c == '[' && text[start..].starts_with(*whole))
            .map(|whole| whole.len());
        let until = if let Some(length) = length {
            start + length
        } else if begins_word(c) {
            text[start..]
                .char_indices()
                .find(|(_, c)| !continues_word(*c))
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
