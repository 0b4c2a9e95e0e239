//! Fills up a caller's history with small talk.

use crate::labelled::{Caller, LabelledMemory};
use crate::small_talk;

/// Returns small talk until the caller has `at_least` memories, in the caller's language and dated
/// over three years.
pub(crate) fn memories(caller: &Caller, at_least: usize) -> Vec<LabelledMemory> {
    let memory = |at: usize| LabelledMemory {
        text: small_talk::sentence(&caller.language, at),
        importance: [2, 3, 4, 5][at % 4],
        said_on: format!("{}-{:02}-{:02}", 2024 + at % 3, 1 + at % 9, 1 + at % 28),
    };
    (0..at_least.saturating_sub(caller.memories.len()))
        .map(memory)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::small_talk;

    #[test]
    fn small_talk_differs_within_a_language_and_between_languages() {
        let languages = ["en", "es", "de", "fr", "it", "pt", "nl", "pl"];
        let sentences: BTreeSet<String> = languages
            .iter()
            .flat_map(|language| (0..200).map(|at| small_talk::sentence(language, at)))
            .collect();
        assert_eq!(sentences.len(), languages.len() * 200);
    }
}
