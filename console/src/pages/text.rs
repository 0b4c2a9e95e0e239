//! Texts as pages show them.

use jiff::Timestamp;
use serde::Serialize;

/// Returns a time to the minute.
pub(crate) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// Returns at most `max` characters of a text, with `…` if some are left out.
pub(crate) fn shortened(text: &str, max: usize) -> String {
    let mut characters = text.chars();
    let mut head: String = characters.by_ref().take(max).collect();
    if characters.next().is_some() {
        head.push('…');
    }
    head
}

/// Returns a value as indented JSON.
pub(crate) fn pretty(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_shortened() {
        assert_eq!(shortened("four", 4), "four");
        assert_eq!(shortened("fünf!", 4), "fünf…");
        assert_eq!(time(Timestamp::UNIX_EPOCH), "1970-01-01 00:00 UTC");
    }
}
