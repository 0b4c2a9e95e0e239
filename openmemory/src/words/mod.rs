//! Splits text into words, for relevance and duplicate detection.
//!
//! This module knows nothing about memories and does no I/O.

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
