//! Recognizes text that appears in place of a caller or an id but identifies no one.

/// Words that mean that there is no caller or no value.
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
/// Words that may accompany those, "no" or "not", and identify no one by themselves.
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

/// Returns whether the text means that there is no caller or no value, such as `Unknown Caller`,
/// `no-caller-id`, `N/A`, `0` or `--`.
pub(super) fn is_anonymous(text: &str) -> bool {
    // Fast path for telephone numbers and ids: these expressions contain no digit other than 0.
    if text.bytes().any(|byte| matches!(byte, b'1'..=b'9')) {
        return false;
    }
    let lower = text.to_lowercase();
    let words = words_of(&lower);
    let is_denial = words
        .iter()
        .all(|word| denies(word) || NEUTRAL.contains(word))
        && words.iter().any(|word| denies(word));
    let is_zero = words
        .iter()
        .all(|word| word.bytes().all(|byte| byte == b'0'));
    is_zero || is_denial || words == ["n", "a"] || words == ["na"]
}

/// Users of SIP addresses that are a program or a role: what a switchboard sends without a caller.
const MACHINES: [&str; 16] = [
    "admin",
    "asterisk",
    "default",
    "freepbx",
    "freeswitch",
    "gateway",
    "guest",
    "invalid",
    "kamailio",
    "noreply",
    "opensips",
    "pbx",
    "reply",
    "sip",
    "trunk",
    "unassigned",
];
/// How words for "anonymous", "unknown", "private", "hidden" and "number" begin in other languages,
/// without accents.
const NOBODY_ELSEWHERE: [&str; 22] = [
    "anonim",
    "anoniem",
    "anonym",
    "desconhecid",
    "desconocid",
    "inconnu",
    "masque",
    "nascost",
    "niezna",
    "numer",
    "nummer",
    "occult",
    "ocult",
    "onbekend",
    "prive",
    "privad",
    "privat",
    "prywatn",
    "sconosciut",
    "ukryt",
    "unbekannt",
    "unterdruckt",
];

/// Returns whether the user of a SIP address names nobody: it is a program, a role, or a word for a
/// caller or for none. A single letter is no person either: Asterisk begins at `s`.
pub(super) fn is_no_user(user: &str) -> bool {
    let folded = text::fold(user);
    let words = words_of(&folded);
    let names_nobody = |word: &&str| {
        denies(word)
            || NEUTRAL.contains(word)
            || MACHINES.contains(word)
            || NOBODY_ELSEWHERE
                .iter()
                .any(|nobody| word.starts_with(nobody))
    };
    words.iter().all(names_nobody) || matches!(words[..], [one] if is_single_letter(one))
}

fn words_of(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect()
}

fn denies(word: &str) -> bool {
    NO_VALUE.contains(&word) || matches!(word, "no" | "not")
}

fn is_single_letter(word: &str) -> bool {
    let mut letters = word.chars();
    letters.next().is_some_and(char::is_alphabetic) && letters.next().is_none()
}

/// Returns whether the text is a template variable that was never filled in, such as
/// `{{system__caller_id}}`, `${caller}`, `<caller_id>` or `[object Object]`.
pub(super) fn is_unfilled_variable(text: &str) -> bool {
    let text = text.trim();
    let has_delimiter = ["{{", "}}", "${", "<%", "%>"]
        .iter()
        .any(|delimiter| text.contains(delimiter));
    let pairs = [('<', '>'), ('[', ']'), ('{', '}'), ('%', '%')];
    let is_wrapped = pairs
        .iter()
        .any(|(open, close)| text.len() > 1 && text.starts_with(*open) && text.ends_with(*close));
    has_delimiter || is_wrapped || text.to_ascii_lowercase().starts_with("system__")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anonymous_callers_are_distinguished_from_names() {
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
            assert!(is_anonymous(text), "{text}");
        }
        for text in ["alice", "name", "caller-4417", "1001", "nora", "privateer"] {
            assert!(!is_anonymous(text), "{text}");
        }
    }

    #[test]
    fn programs_roles_and_words_for_nobody_are_no_users() {
        for user in [
            "asterisk",
            "FreeSWITCH",
            "s",
            "guest",
            "Unassigned",
            "no-reply",
            "caller",
            "unbekannt",
            "Anónimo",
            "numéro_masqué",
            "Unterdrückt",
            "private.number",
        ] {
            assert!(is_no_user(user), "{user}");
        }
        for user in [
            "alice",
            "1001",
            "o.guest",
            "anna",
            "prior",
            "s4",
            "sipowicz",
            "reception",
        ] {
            assert!(!is_no_user(user), "{user}");
        }
    }

    #[test]
    fn unfilled_variables_are_distinguished_from_values() {
        for text in [
            "{{system__caller_id}}",
            "${caller}",
            "<caller_id>",
            "[object Object]",
            "%CALLER%",
            "system__user_id",
        ] {
            assert!(is_unfilled_variable(text), "{text}");
        }
        for text in ["customer-4417", "a{b", "100%"] {
            assert!(!is_unfilled_variable(text), "{text}");
        }
    }
}
