//! Characters that no text of a call needs.

/// The text without control characters, which stores and models refuse. Line breaks and tabs stay.
#[must_use]
pub fn without_controls(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t')).collect()
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
