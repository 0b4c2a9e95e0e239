//! Characters that no text of a call needs.

/// The text without control characters, which stores and models refuse. Line breaks and tabs stay.
#[must_use]
pub fn without_controls(text: &str) -> String {
    // No control character holds other bytes than these.
    let may_hold_one =
        |byte: u8| matches!(byte, 0..=0x1f | 0x7f | 0xc2) && !matches!(byte, b'\n' | b'\r' | b'\t');
    if !text.bytes().any(may_hold_one) {
        return text.to_owned();
    }
    text.chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_left_out_and_line_breaks_stay() {
        assert_eq!(without_controls("matte\0 paper\u{7}\u{85}"), "matte paper");
        assert_eq!(without_controls("one\r\ntwo\tthree"), "one\r\ntwo\tthree");
    }
}
