//! Stems that were worked out before: texts use few words often, and a stem costs more than looking
//! one up.

use std::cell::RefCell;
use std::collections::HashMap;

/// Words remembered by one thread; when there are more, it begins anew.
const MAX_WORDS: usize = 4_096;

thread_local! {
    static STEMS: RefCell<HashMap<u8, HashMap<String, String>>> = RefCell::default();
}

/// The stem of a word, worked out at most once while it is remembered.
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
