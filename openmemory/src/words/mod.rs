//! Decides which words carry meaning, in the language of their text.
//!
//! This module knows nothing about memories and does no I/O.

mod language;
mod stem_cache;
mod stop_words;

pub(crate) use language::Language;
pub(crate) use stop_words::{Weight, weight};
