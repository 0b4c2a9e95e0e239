//! Texts that stand where a caller should be named, and name nobody.

/// Words that say that there is no caller or no value.
const NO_VALUE: [&str; 15] = [
    "anonymous",
    "blocked",
    "hidden",
    "nan",
    "nil",
    "nobody",
    "none",
    "null",
    "private",
    "restricted",
    "unavailable",
    "undefined",
    "unidentified",
    "unknown",
    "withheld",
];
/// Words that may stand beside those, or after "no" and "not", and name nobody by themselves.
const NEUTRAL: [&str; 10] = [
    "available",
    "call",
    "caller",
    "callerid",
    "id",
    "line",
    "name",
    "number",
    "provided",
    "user",
];

/// Whether a text says that there is nobody: `Unknown Caller`, `no-caller-id`, `N/A`, `0`, `--`.
pub(super) fn means_nobody(text: &str) -> bool {
    // No denial holds another digit than 0, and most texts are telephone numbers and ids.
    if text.bytes().any(|byte| matches!(byte, b'1'..=b'9')) {
        return false;
    }
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let denies = |word: &str| NO_VALUE.contains(&word) || matches!(word, "no" | "not");
    let is_denial = words
        .iter()
        .all(|word| denies(word) || NEUTRAL.contains(word))
        && words.iter().any(|w| denies(w));
    let is_zero = words
        .iter()
        .all(|word| word.bytes().all(|byte| byte == b'0'));
    is_zero || is_denial || words == ["n", "a"] || words == ["na"]
}

/// Whether a text is a variable that nobody filled in: `{{system__caller_id}}`, `${caller}`,
/// `<caller_id>`, `[object Object]`.
pub(super) fn is_placeholder(text: &str) -> bool {
    let text = text.trim();
    let has_marks = ["{{", "}}", "${", "<%", "%>"]
        .iter()
        .any(|mark| text.contains(mark));
    let pairs = [('<', '>'), ('[', ']'), ('{', '}'), ('%', '%')];
    let is_wrapped = pairs
        .iter()
        .any(|(open, close)| text.len() > 1 && text.starts_with(*open) && text.ends_with(*close));
    has_marks || is_wrapped || text.to_ascii_lowercase().starts_with("system__")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_deny_a_caller_are_told_from_names() {
        for text in [
            "Anonymous",
            "Unknown Caller",
            "no-caller-id",
            "NOT AVAILABLE",
            "N/A",
            "null",
            "undefined",
            "-",
            "0",
            "",
        ] {
            assert!(means_nobody(text), "{text}");
        }
        for text in ["alice", "name", "caller-4417", "1001", "nora", "privateer"] {
            assert!(!means_nobody(text), "{text}");
        }
    }

    #[test]
    fn unfilled_variables_are_told_from_values() {
        for text in [
            "{{system__caller_id}}",
            "${caller}",
            "<caller_id>",
            "[object Object]",
            "%CALLER%",
            "system__user_id",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in ["customer-4417", "a{b", "100%"] {
            assert!(!is_placeholder(text), "{text}");
        }
    }
}
