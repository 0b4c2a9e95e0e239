//! Finds callers in text that is not valid JSON: truncated, in another encoding, or in another
//! format.

use std::borrow::Cow;

use common::call::{CallerId, normalize_characters};

/// Minimum number of digits of a number. Shorter ones would match by chance.
const MIN_DIGITS: usize = 7;
/// Maximum number of characters between two groups of digits of one number.
const MAX_GAP: usize = 3;
/// How many layers of nested encodings to decode.
const MAX_DECODINGS: usize = 3;
/// Maximum length of the punctuation between the name of a field and its value, such as `\": \"`.
const MAX_ASSIGNMENT: usize = 8;

/// Returns whether the text names the caller.
pub(super) fn names(body: &[u8], caller: &CallerId) -> bool {
    match caller.as_str().strip_prefix("user:") {
        Some(id) => decodings(body)
            .iter()
            .any(|text| is_assigned(text, "user_id", id)),
        None => decodings(body).iter().any(|text| {
            has_number(text, caller, Boundary::AnyCharacter) || has_address(text, caller)
        }),
    }
}

/// Returns whether a string of an event contains the caller's number: in international form, with
/// `+` or `00`, or as a separate word. Digits that are part of an id do not count.
pub(super) fn is_written_in(text: &str, caller: &CallerId) -> bool {
    // Fast path: few strings have that many digits.
    text.chars().filter(|c| c.is_numeric()).count() >= MIN_DIGITS
        && has_number(&normalize_characters(text), caller, Boundary::Word)
}

/// Returns the values that are assigned to a field with this name. Omits a truncated value at the
/// end of the text, because it may be the beginning of a different value.
pub(super) fn values_of(body: &[u8], field: &str) -> Vec<String> {
    let mut values: Vec<String> = decodings(body)
        .iter()
        .flat_map(|text| values_in(text, field))
        .collect();
    values.sort();
    values.dedup();
    values
}

fn values_in(text: &str, field: &str) -> Vec<String> {
    assignments(text, field)
        .filter_map(|(value, may_end)| {
            let end = value
                .find(|c: char| !is_id_character(c))
                .or(may_end.then_some(value.len()))?;
            (end > 0).then(|| value[..end].to_owned())
        })
        .collect()
}

fn is_assigned(text: &str, field: &str, id: &str) -> bool {
    assignments(text, field).any(|(value, may_end)| {
        let next = value.strip_prefix(id).map(|after| after.chars().next());
        next.is_some_and(|next| next.map_or(may_end, |next| !is_id_character(next)))
    })
}

/// Returns the text after each assignment to `field`, and whether the value may end where the text
/// ends. A quoted value that does so was truncated.
fn assignments<'a>(text: &'a str, field: &'a str) -> impl Iterator<Item = (&'a str, bool)> {
    let after_name = text
        .match_indices(field)
        .map(|(at, _)| &text[at + field.len()..]);
    after_name.filter_map(|rest| {
        let value = rest.trim_start_matches(|c: char| c.is_whitespace() || "\\\"':=".contains(c));
        let assignment = &rest[..rest.len() - value.len()];
        let may_end = !assignment
            .trim_start_matches(['\\', '"', '\''])
            .contains(['"', '\'']);
        (1..=MAX_ASSIGNMENT)
            .contains(&assignment.len())
            .then_some((value, may_end))
    })
}

fn is_id_character(c: char) -> bool {
    c.is_alphanumeric() || "_-.@+|~".contains(c)
}

/// Returns the text itself, then the text with one more layer of escapes decoded each time.
fn decodings(body: &[u8]) -> Vec<String> {
    // `normalize_characters` drops NUL, so UTF-16 text is searched as well.
    let mut decodings = vec![normalize_characters(&String::from_utf8_lossy(body))];
    for _ in 0..MAX_DECODINGS {
        let last = decodings.last().map(String::as_str).unwrap_or_default();
        match decode(last) {
            Cow::Borrowed(_) => break,
            Cow::Owned(text) => decodings.push(normalize_characters(&text)),
        }
    }
    decodings
}

/// Decodes escapes such as `%2B`, `\u002b` and `&#43;`.
fn decode(text: &str) -> Cow<'_, str> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    let mut is_changed = false;
    while let Some(first) = rest.first() {
        match escape(rest) {
            Some((character, length)) => {
                bytes.extend(character);
                rest = &rest[length..];
                is_changed = true;
            }
            None => {
                bytes.push(*first);
                rest = &rest[1..];
            }
        }
    }
    match is_changed {
        true => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        false => Cow::Borrowed(text),
    }
}

/// Parses an escape at the beginning of the text. Returns its bytes and the length of the escape.
fn escape(text: &[u8]) -> Option<(Vec<u8>, usize)> {
    let hex = |from: usize, length: usize| -> Option<u32> {
        u32::from_str_radix(
            std::str::from_utf8(text.get(from..from + length)?).ok()?,
            16,
        )
        .ok()
    };
    match text {
        [b'%', ..] => hex(1, 2).and_then(|byte| Some((vec![u8::try_from(byte).ok()?], 3))),
        [b'\\', b'u', ..] => hex(2, 4).and_then(|code| Some((utf8(code)?, 6))),
        [b'&', b'#', ..] => {
            let end = text.iter().take(10).position(|byte| *byte == b';')?;
            let code = std::str::from_utf8(&text[2..end]).ok()?;
            let code = match code.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => code.parse().ok()?,
            };
            Some((utf8(code)?, end + 1))
        }
        _ => None,
    }
}

fn utf8(code: u32) -> Option<Vec<u8>> {
    Some(char::from_u32(code)?.to_string().into_bytes())
}

/// Which characters may surround a number that is written without `+`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Boundary {
    /// Any character except a digit.
    AnyCharacter,
    /// White space, or punctuation that ends or encloses a word.
    Word,
}

impl Boundary {
    /// Returns whether the boundary holds at the end of the text before the number.
    fn is_before(self, text: &str) -> bool {
        let last = text.chars().next_back();
        self == Self::AnyCharacter || last.is_none_or(|c| is_gap(c) || "(<[\"':=,;".contains(c))
    }

    /// Returns whether the boundary holds at the beginning of the text after the number.
    fn is_after(self, text: &str) -> bool {
        let first = text.chars().next();
        self == Self::AnyCharacter || first.is_none_or(|c| is_gap(c) || ")>]\"'.,;:!?".contains(c))
    }
}

/// Returns whether a character is white space or replaces bytes that are not valid UTF-8.
fn is_gap(c: char) -> bool {
    c.is_whitespace() || c == char::REPLACEMENT_CHARACTER
}

/// A group of consecutive digits in a text.
struct Group<'a> {
    digits: &'a str,
    before: &'a str,
    after: &'a str,
    /// Whether the group may continue the number of the previous group.
    continues: bool,
}

impl Group<'_> {
    /// Returns whether a `+` before the group marks it as the start of an international number.
    fn has_plus(&self) -> bool {
        self.before.trim_end_matches(['(', ' ']).ends_with('+')
    }
}

fn has_number(text: &str, caller: &CallerId, boundary: Boundary) -> bool {
    let Some(digits) = caller
        .as_str()
        .strip_prefix('+')
        .or_else(|| digits_only(caller.as_str()))
    else {
        return false;
    };
    if digits.len() < MIN_DIGITS {
        return false;
    }
    let mut spellings: Vec<String> = ["", "00", "011"]
        .iter()
        .map(|prefix| format!("{prefix}{digits}"))
        .collect();
    spellings.extend(
        caller
            .older_spellings()
            .iter()
            .map(|older| older.as_str().trim_start_matches('+').to_owned()),
    );
    let groups = groups(text);
    (0..groups.len()).any(|first| {
        let may_start = groups[first].has_plus() || boundary.is_before(groups[first].before);
        may_start
            && spellings.iter().any(|spelling| {
                text_after_number(&groups[first..], spelling)
                    .is_some_and(|after| boundary.is_after(after))
            })
    })
}

fn digits_only(text: &str) -> Option<&str> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then_some(text)
}

/// Returns the text after the number if the groups, from the first on, make up the number.
fn text_after_number<'a>(groups: &[Group<'a>], number: &str) -> Option<&'a str> {
    let mut rest = number;
    for (index, group) in groups.iter().enumerate() {
        if index > 0 && !group.continues {
            return None;
        }
        rest = rest.strip_prefix(group.digits)?;
        if rest.is_empty() {
            return Some(group.after);
        }
    }
    None
}

/// Splits a text into its groups of digits.
fn groups(text: &str) -> Vec<Group<'_>> {
    let mut groups = Vec::new();
    let mut end = 0;
    while let Some(offset) = text[end..].find(|c: char| c.is_ascii_digit()) {
        let at = end + offset;
        let length = text[at..]
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len() - at);
        let gap = &text[end..at];
        let continues =
            !gap.is_empty() && gap.chars().count() <= MAX_GAP && gap.chars().all(is_separator);
        end = at + length;
        groups.push(Group {
            digits: &text[at..end],
            before: &text[..at],
            after: &text[end..],
            continues,
        });
    }
    groups
}

fn is_separator(c: char) -> bool {
    matches!(c, ' ' | '-' | '.' | '/' | '(' | ')' | '+' | '_')
}

/// Returns whether the text contains the caller's SIP address, such as `1001@office.example`, or
/// WhatsApp id as a separate word.
fn has_address(text: &str, caller: &CallerId) -> bool {
    let address = caller
        .as_str()
        .trim_start_matches("whatsapp:")
        .to_lowercase();
    if address.len() < MIN_DIGITS || address.starts_with('+') || digits_only(&address).is_some() {
        return false;
    }
    let text = text.to_lowercase();
    text.match_indices(&address).any(|(at, found)| {
        let before = text[..at].chars().next_back();
        let after = text[at + found.len()..].chars().next();
        !before.is_some_and(is_word_character) && !after.is_some_and(is_word_character)
    })
}

fn is_word_character(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-'
}
