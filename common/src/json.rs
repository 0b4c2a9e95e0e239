//! Repairs JSON as other programs write it. Python and JavaScript emit things that JSON does not
//! allow. They are repaired before parsing, so that one bad character does not lose a call.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// The escape of U+FFFD, the replacement character.
const REPLACEMENT: &[u8] = b"\\ufffd";
/// Constants of JavaScript and Python that JSON does not allow.
const CONSTANTS: [&[u8]; 3] = [b"NaN", b"Infinity", b"-Infinity"];

/// Returns the body as valid JSON text: without a byte order mark, with U+FFFD for bytes that are
/// not UTF-8 and for lone surrogates, and with `null` for `NaN` and `Infinity`. Everything else is
/// unchanged.
#[must_use]
pub fn repaired(body: &[u8]) -> Cow<'_, [u8]> {
    let bytes = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    let text = match String::from_utf8_lossy(bytes) {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    };
    if is_suspicious(&text) {
        Cow::Owned(repair(&text))
    } else {
        text
    }
}

/// Substrings that may need repair: surrogate escapes and constants.
static SUSPICIOUS: LazyLock<[Finder<'static>; 4]> =
    LazyLock::new(|| ["\\ud", "\\uD", "NaN", "Infinity"].map(Finder::new));

/// Returns quickly whether the body may need repair.
fn is_suspicious(body: &[u8]) -> bool {
    SUSPICIOUS
        .iter()
        .any(|pattern| pattern.find(body).is_some())
}

fn repair(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    let mut in_text = false;
    while let Some(byte) = rest.first() {
        let (written, read) = match byte {
            b'\\' if in_text => escape(rest),
            b'"' => {
                in_text = !in_text;
                (&rest[..1], 1)
            }
            _ if !in_text => constant(rest),
            _ => (&rest[..1], 1),
        };
        out.extend_from_slice(written);
        rest = &rest[read..];
    }
    out
}

/// Returns the output for the escape at the start of `rest`, and the number of bytes it replaces.
fn escape(rest: &[u8]) -> (&[u8], usize) {
    match surrogate(rest) {
        Some(Surrogate::High)
            if matches!(rest.get(6..).map(surrogate), Some(Some(Surrogate::Low))) =>
        {
            (&rest[..12], 12)
        }
        Some(_) => (REPLACEMENT, 6),
        None => (&rest[..rest.len().min(2)], rest.len().min(2)),
    }
}

enum Surrogate {
    High,
    Low,
}

/// Returns which half of a surrogate pair the escape at the start of `text` is, if any.
fn surrogate(text: &[u8]) -> Option<Surrogate> {
    let digits = text.strip_prefix(b"\\u")?.get(..4)?;
    let code = u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    match code {
        0xD800..=0xDBFF => Some(Surrogate::High),
        0xDC00..=0xDFFF => Some(Surrogate::Low),
        _ => None,
    }
}

/// Returns `null` for a constant that JSON does not allow, else the first byte, and the number of
/// bytes it replaces.
fn constant(rest: &[u8]) -> (&[u8], usize) {
    match CONSTANTS.iter().find(|constant| rest.starts_with(constant)) {
        Some(constant) => (b"null", constant.len()),
        None => (&rest[..1], 1),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn read(body: &[u8]) -> Option<Value> {
        serde_json::from_slice(&repaired(body)).ok()
    }

    #[test]
    fn lone_surrogates_become_replacement_characters() {
        assert_eq!(
            read(br#"["red bike \ud83d"]"#),
            Some(json!(["red bike \u{fffd}"]))
        );
        assert_eq!(
            read(br#"["\uDE00 late", "a\ud83d\ud83d\ude00b"]"#),
            Some(json!(["\u{fffd} late", "a\u{fffd}😀b"]))
        );
        assert_eq!(
            read(br#"{"\ud83d":"\\ud83d", "x":"\\\ud83d"}"#),
            Some(json!({"\u{fffd}":"\\ud83d", "x":"\\\u{fffd}"}))
        );
    }

    #[test]
    fn constants_outside_strings_become_null() {
        let body = br#"{"a":NaN,"b":[-Infinity, Infinity],"c":"NaN and \"Infinity\"","d":-1}"#;
        let expected = json!({"a": null, "b": [null, null], "c": "NaN and \"Infinity\"", "d": -1});
        assert_eq!(read(body), Some(expected));
    }

    #[test]
    fn a_byte_order_mark_and_invalid_utf8_lose_nothing_else() {
        assert_eq!(read(b"\xef\xbb\xbf{\"a\":1}"), Some(json!({"a": 1})));
        assert_eq!(
            read(b"{\"a\":\"caf\xe9\",\"b\":\"\xed\xa0\xbd\"}").unwrap()["a"],
            json!("caf\u{fffd}")
        );
    }

    proptest! {
        #[test]
        fn valid_json_is_unchanged(text in "\\PC{0,40}", escaped in "(\\\\u[0-9a-c][0-9a-f]{3}|\\\\\\\\|\\\\\"){0,9}") {
            let body = format!("{{\"text\":{},\"escaped\":\"{escaped}\"}}", Value::from(text));
            prop_assert_eq!(&repaired(body.as_bytes())[..], body.as_bytes());
        }

        #[test]
        fn no_input_panics(body: Vec<u8>) {
            let _ = repaired(&body);
        }
    }
}
