//! Text taken apart into words: the ground that relevance and likeness stand on.
//!
//! Nothing here knows about memories, and nothing reads anything from outside.

mod fold;
mod language;
mod numbers;
mod scripts;
mod stem_cache;
mod stop_words;
mod token;

pub(crate) use fold::fold;
pub(crate) use language::Language;
pub(crate) use numbers::number_word;
pub(crate) use stop_words::{Weight, weight};
pub(crate) use token::{Word, has_digit, words};
