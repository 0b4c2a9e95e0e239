//! Whether an event that is no transcription names a caller: a call that never came about has the number of who was called.

use common::call::CallerId;
use serde_json::Value;

/// Fewer digits may stand anywhere.
const DIGITS_OF_A_NUMBER: usize = 7;

/// Whether a text in the body is the caller, in whatever form numbers are written; the id of a web session only where a
/// `user_id` stands, because it may be any word. In a body that is no JSON the digits of a number are looked for.
pub(super) fn names(body: &[u8], caller: &CallerId) -> bool {
    match serde_json::from_slice::<Value>(body) {
        Ok(body) => is_in("", &body, caller),
        Err(_) => has_digits(body, caller),
    }
}

fn is_in(name: &str, value: &Value, caller: &CallerId) -> bool {
    match value {
        Value::String(text) => is_caller(name, text, caller),
        Value::Array(list) => list.iter().any(|value| is_in(name, value, caller)),
        Value::Object(fields) => fields.iter().any(|(name, value)| is_in(name, value, caller)),
        _ => false,
    }
}

fn is_caller(name: &str, text: &str, caller: &CallerId) -> bool {
    match caller.as_str().strip_prefix("user:") {
        Some(id) => name == "user_id" && text.trim() == id,
        None => CallerId::from_phone(text).as_ref() == Some(caller),
    }
}

fn has_digits(body: &[u8], caller: &CallerId) -> bool {
    let digits = caller.as_str().trim_start_matches('+').as_bytes();
    digits.len() >= DIGITS_OF_A_NUMBER
        && digits.iter().all(u8::is_ascii_digit)
        && body.windows(digits.len()).any(|window| window == digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_is_named_by_a_whole_text_in_any_form_and_by_no_part_of_one() {
        let caller = CallerId::from_phone("+12025550142").unwrap();
        for (body, is_named) in [
            (r#"{"data":{"metadata":{"body":{"Called":"+12025550142"}}}}"#, true),
            (r#"[{"to":"sip:+12025550142@trunk.example"}]"#, true),
            (r#"{"note":"+1 (202) 555-0142"}"#, true),
            (r#"{"Called":"+120255501425"}"#, false),
            (r#"{"id":"call-12025550142-9"}"#, false),
            ("not json: 12025550142", true),
            ("not json: 1202555014", false),
        ] {
            assert_eq!(names(body.as_bytes(), &caller), is_named, "{body}");
        }
        let user = CallerId::from_user_id("dana").unwrap();
        assert!(names(br#"{"user_id":"dana"}"#, &user) && !names(br#"{"text":"dana called"}"#, &user));
    }

    #[test]
    fn the_id_of_a_web_session_is_nobody_where_it_is_an_ordinary_word() {
        let user = CallerId::from_user_id("busy").unwrap();
        assert!(!names(br#"{"data":{"failure_reason":"busy","tags":["busy"]}}"#, &user));
        assert!(names(br#"{"data":{"failure_reason":"busy","user_id":" busy "}}"#, &user));
    }
}
