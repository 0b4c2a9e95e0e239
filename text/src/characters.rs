//! Removes control characters.

use std::borrow::Cow;

/// Removes control characters, which are invisible and which databases and models reject. Keeps
/// line breaks and tabs.
#[must_use]
pub fn without_controls(text: &str) -> Cow<'_, str> {
    // In UTF-8, every control character contains at least one of these bytes.
    let may_hold_one =
        |byte: u8| matches!(byte, 0..=0x1f | 0x7f | 0xc2) && !matches!(byte, b'\n' | b'\r' | b'\t');
    if !text.bytes().any(may_hold_one) {
        return Cow::Borrowed(text);
    }
    let is_kept = |c: &char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
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
}
