//! Caches stems: a few words are used often, and stemming costs more than a lookup.

use std::cell::RefCell;
use std::collections::HashMap;

/// Maximum number of cached words per thread and language. Beyond it, the cache is cleared.
const MAX_WORDS: usize = 4_096;

thread_local! {
    static STEMS: RefCell<HashMap<u8, HashMap<String, String>>> = RefCell::default();
}

/// Returns the cached stem of a word, or computes and caches it.
pub(super) fn cached_stem(algorithm: u8, word: &str, compute: impl FnOnce() -> String) -> String {
    STEMS.with_borrow_mut(|stems| {
        let stems = stems.entry(algorithm).or_default();
        if let Some(stem) = stems.get(word) {
            return stem.clone();
        }
        if stems.len() >= MAX_WORDS {
            stems.clear();
        }
        let stem = compute();
        stems.insert(word.to_owned(), stem.clone());
        stem
    })
}
