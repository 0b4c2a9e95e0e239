//! Words, numbers, negations and sentences of texts in the eight languages: one rule for the memory
//! server, extraction and the webhooks. Pure.

mod characters;
mod fold;
pub mod negation;
pub mod numbers;
mod plain_words;
mod scripts;
mod search_words;
mod sentences;
#[cfg(feature = "stems")]
pub mod stems;
mod tokens;
mod word_forms;
mod wording;
mod words;

pub use characters::without_controls;
pub use fold::{fold, fold_spelling};
pub use plain_words::{lower_case, plain_words};
pub use scripts::is_spaceless;
pub use search_words::{Word, search_words};
pub use sentences::sentences;
pub use tokens::{Token, is_one_clause, tokens};
pub use word_forms::{SHARED_LETTERS, beginning, without_ending};
pub use wording::{Wording, keep_distinct};
pub use words::{has_digit, is_listed, matches_word, nfc, runs, same_words, words};
