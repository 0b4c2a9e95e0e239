//! Removes control characters and marks that change the direction of a text.

use std::borrow::Cow;

/// Removes control characters, which are invisible and which databases and models reject, and marks
/// that change the direction of the text around them. Keeps line breaks and tabs, and the joiners
/// that some scripts need.
#[must_use]
pub fn without_controls(text: &str) -> Cow<'_, str> {
    // In UTF-8, each of these characters contains at least one of these bytes.
    let may_hold_one = |byte: u8| {
        matches!(byte, 0..=0x1f | 0x7f | 0xc2 | 0xe2) && !matches!(byte, b'\n' | b'\r' | b'\t')
    };
    if !text.bytes().any(may_hold_one) {
        return Cow::Borrowed(text);
    }
    let is_kept = |c: &char| match c {
        '\n' | '\r' | '\t' => true,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => false,
        c => !c.is_control(),
    };
    Cow::Owned(text.chars().filter(is_kept).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_removed_but_line_breaks_and_tabs_are_kept() {
        assert_eq!(without_controls("matte\0 paper\u{7}\u{85}"), "matte paper");
        assert_eq!(without_controls("one\r\ntwo\tthree"), "one\r\ntwo\tthree");
    }

    #[test]
    fn marks_of_direction_are_removed_and_joiners_are_kept() {
        assert_eq!(
            without_controls("pay \u{202e}001\u{202c} now"),
            "pay 001 now"
        );
        assert_eq!(
            without_controls("می\u{200c}خواهم — “so”"),
            "می\u{200c}خواهم — “so”"
        );
    }
}
