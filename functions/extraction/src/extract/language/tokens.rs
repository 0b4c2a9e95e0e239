//! The words of a call. What redaction put in place of a secret is one word.

use text::Token;
use text::numbers::{Run, runs_of};

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

/// Returns the numbers of a text in spoken order.
pub(crate) fn number_runs(text: &str) -> Vec<Run> {
    runs_of(text, &tokens(text))
}
