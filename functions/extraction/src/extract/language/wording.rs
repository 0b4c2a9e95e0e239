//! The last step for every text that is stored or shown: redaction tokens are removed, and relative
//! times become dates. Tags of prompts are removed.

use common::memory::{is_redacted, is_without_value, without_redactions};
use jiff::civil::DateTime;

use super::tags::without_tags;
use super::times;
use crate::small_talk::{has_content, language_of};

/// Rewrites the texts of one call.
pub(crate) struct Wording {
    /// Local time of the call.
    pub(crate) at: DateTime,
    /// Language of the call, such as `en`.
    pub(crate) language: Option<String>,
}

impl Wording {
    /// Returns the text as it may be stored, without tags, or `None` if nothing is left after
    /// redaction.
    pub(crate) fn rewrite(&self, text: &str) -> Option<String> {
        let tag = language_of(text)
            .or(self.language.as_deref())
            .unwrap_or("en");
        let language = tag.split(['-', '_']).next().unwrap_or(tag);
        let clean = unredacted(text, language)?;
        Some(times::resolve(&without_tags(&clean), language, self.at))
    }
}

/// Removes redaction tokens from a text. Returns `None` if the rest says nothing. A token at the
/// beginning stands for the caller and is replaced by a phrase.
fn unredacted(text: &str, language: &str) -> Option<String> {
    if !is_redacted(text) {
        return Some(text.to_owned());
    }
    let clean = without_redactions(text);
    if is_without_value(&clean) || !has_content(&clean) {
        return None;
    }
    let caller = if CALLER_PHRASES.iter().any(|(known, _)| *known == language) {
        caller_phrase(language)
    } else {
        "…"
    };
    Some(
        clean
            .strip_prefix('…')
            .map_or_else(|| clean.clone(), |rest| format!("{caller}{rest}")),
    )
}

/// Returns how the caller is referred to in a language; in English if the language is unknown.
pub(crate) fn caller_phrase(language: &str) -> &'static str {
    CALLER_PHRASES
        .iter()
        .find(|(known, _)| *known == language)
        .map_or(CALLER_PHRASES[0].1, |(_, caller)| *caller)
}

const CALLER_PHRASES: [(&str, &str); 8] = [
    ("en", "The caller"),
    ("es", "La persona que llama"),
    ("de", "Die anrufende Person"),
    ("fr", "La personne qui appelle"),
    ("it", "La persona che chiama"),
    ("pt", "A pessoa que liga"),
    ("nl", "De beller"),
    ("pl", "Osoba dzwoniąca"),
];
