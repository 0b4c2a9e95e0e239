//! Compares texts by their words: whether two memories say the same, and how well a memory answers a
//! question. Knows nothing of callers, storage or vectors.

mod duplicates;
mod lookup_keys;
mod relevance;
mod stop_words;

pub(crate) use duplicates::{NormalizedText, is_duplicate, similarity};
pub(crate) use lookup_keys::{DuplicateLookup, LookupKeys, search_terms};
pub(crate) use relevance::{
    Passage, Period, Question, TimeFocus, Validity, WordScore, derived_strength, order_weights,
    rank, rarity, to_four_decimals,
};
