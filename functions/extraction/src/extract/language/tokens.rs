//! The words of a call. What redaction put in place of a secret is one word.

use text::Token;

/// Masks of secrets. A mask starts neither a label nor a number.
pub(crate) const MASKS: [&str; 5] = [
    "[card number]",
    "[id number]",
    "[account number]",
    "[code]",
    "[password]",
];

/// Returns the words of a text with their positions. A mask is one word.
pub(crate) fn tokens(text: &str) -> Vec<Token<'_>> {
    text::tokens(text, &MASKS)
}
