//! Callers named in text that is not JSON: cut off, of another encoding, or of another format.

use std::borrow::Cow;

use common::call::{CallerId, normalize_characters};

/// Fewer digits may stand anywhere.
const MIN_DIGITS: usize = 7;
/// Most characters between two groups of digits of one number.
const MAX_GAP: usize = 3;
/// Encodings inside one another are undone so often.
const MAX_DECODINGS: usize = 3;
/// Longest punctuation between the name of a field and its value, such as `\": \"`.
const MAX_ASSIGNMENT: usize = 8;

/// Whether the text names the caller.
pub(super) fn names(body: &[u8], caller: &CallerId) -> bool {
    match caller.as_str().strip_prefix("user:") {
        Some(id) => readings(body)
            .iter()
            .any(|text| is_assigned(text, "user_id", id)),
        None => readings(body).iter().any(|text| {
            has_number(text, caller, Boundary::AnyCharacter) || has_address(text, caller)
        }),
    }
}

/// Whether the number stands in a text of an event: in international form, with `+` or `00`, or as
/// a word of its own. Digits in an id are not enough.
pub(super) fn is_written_in(text: &str, caller: &CallerId) -> bool {
    // Almost no text has as many digits.
    text.chars().filter(|c| c.is_numeric()).count() >= MIN_DIGITS
        && has_number(&normalize_characters(text), caller, Boundary::Word)
}

/// The values that are assigned to a field of this name, as far as the text goes on behind them:
/// one that is cut off may be the beginning of another.
pub(super) fn values_of(body: &[u8], field: &str) -> Vec<String> {
    let mut values: Vec<String> = readings(body)
        .iter()
        .flat_map(|text| values_in(text, field))
        .collect();
    values.sort();
    values.dedup();
    values
}

fn values_in(text: &str, field: &str) -> Vec<String> {
    let value = |(value, may_end): (&str, bool)| {
        let end = value
            .find(|c: char| !is_of_an_id(c))
            .or(may_end.then_some(value.len()))?;
        (end > 0).then(|| value[..end].to_owned())
    };
    assigned(text, field).filter_map(value).collect()
}

fn is_assigned(text: &str, field: &str, id: &str) -> bool {
    assigned(text, field).any(|(value, may_end)| {
        let behind = value.strip_prefix(id).map(|behind| behind.chars().next());
        behind.is_some_and(|next| next.map_or(may_end, |next| !is_of_an_id(next)))
    })
}

/// What stands behind `field` and an assignment, and whether the value may end with the text: one
/// in quotes that does was cut off.
fn assigned<'a>(text: &'a str, field: &'a str) -> impl Iterator<Item = (&'a str, bool)> {
    let behind = text
        .match_indices(field)
        .map(|(at, _)| &text[at + field.len()..]);
    behind.filter_map(|rest| {
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

fn is_of_an_id(c: char) -> bool {
    c.is_alphanumeric() || "_-.@+|~".contains(c)
}

/// The text as it stands, and with its escapes undone one after another.
fn readings(body: &[u8]) -> Vec<String> {
    // Plain characters leave NUL out, so that UTF-16 reads as well.
    let mut readings = vec![normalize_characters(&String::from_utf8_lossy(body))];
    for _ in 0..MAX_DECODINGS {
        let last = readings.last().map(String::as_str).unwrap_or_default();
        match decoded(last) {
            Cow::Borrowed(_) => break,
            Cow::Owned(text) => readings.push(normalize_characters(&text)),
        }
    }
    readings
}

/// `%2B`, `\u002b` and `&#43;` as the characters that they stand for.
fn decoded(text: &str) -> Cow<'_, str> {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
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

/// The bytes of an escape at the beginning, and how long the escape is.
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

/// What has to stand around a number that is written without `+`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Boundary {
    /// Anything but a digit.
    AnyCharacter,
    /// A blank, or a sign that ends or encloses a word.
    Word,
}

impl Boundary {
    fn is_before(self, text: &str) -> bool {
        let last = text.chars().next_back();
        self == Self::AnyCharacter || last.is_none_or(|c| is_gap(c) || "(<[\"':=,;".contains(c))
    }

    fn is_behind(self, text: &str) -> bool {
        let first = text.chars().next();
        self == Self::AnyCharacter || first.is_none_or(|c| is_gap(c) || ")>]\"'.,;:!?".contains(c))
    }
}

/// A blank, or what stands in place of bytes that were not text.
fn is_gap(c: char) -> bool {
    c.is_whitespace() || c == char::REPLACEMENT_CHARACTER
}

/// A group of digits in a text.
struct Group<'a> {
    digits: &'a str,
    before: &'a str,
    behind: &'a str,
    /// Whether it may go on the number of the group before it.
    goes_on: bool,
}

impl Group<'_> {
    /// Whether it begins an international number: `+` stands before it.
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
        let begins = groups[first].has_plus() || boundary.is_before(groups[first].before);
        let is = |spelling: &String| {
            end_of_number(&groups[first..], spelling).is_some_and(|end| boundary.is_behind(end))
        };
        begins && spellings.iter().any(is)
    })
}

fn digits_only(text: &str) -> Option<&str> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then_some(text)
}

/// The text behind the number, where it is made of these groups from the first on.
fn end_of_number<'a>(groups: &[Group<'a>], number: &str) -> Option<&'a str> {
    let mut rest = number;
    for (index, group) in groups.iter().enumerate() {
        if index > 0 && !group.goes_on {
            return None;
        }
        rest = rest.strip_prefix(group.digits)?;
        if rest.is_empty() {
            return Some(group.behind);
        }
    }
    None
}

fn groups(text: &str) -> Vec<Group<'_>> {
    let (mut groups, mut end) = (Vec::new(), 0);
    while let Some(begin) = text[end..].find(|c: char| c.is_ascii_digit()) {
        let at = end + begin;
        let length = text[at..]
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len() - at);
        let gap = &text[end..at];
        let goes_on =
            !gap.is_empty() && gap.chars().count() <= MAX_GAP && gap.chars().all(is_separator);
        end = at + length;
        groups.push(Group {
            digits: &text[at..end],
            before: &text[..at],
            behind: &text[end..],
            goes_on,
        });
    }
    groups
}

fn is_separator(c: char) -> bool {
    matches!(c, ' ' | '-' | '.' | '/' | '(' | ')' | '+' | '_')
}

/// An address such as `1001@office.example`, or an id of WhatsApp, between other characters.
fn has_address(text: &str, caller: &CallerId) -> bool {
    let address = caller
        .as_str()
        .trim_start_matches("whatsapp:")
        .to_lowercase();
    if address.len() < MIN_DIGITS || address.starts_with('+') || digits_only(&address).is_some() {
        return false;
    }
    let text = text.to_lowercase();
    let goes_on = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-');
    text.match_indices(&address).any(|(at, found)| {
        let (before, behind) = (&text[..at], &text[at + found.len()..]);
        !goes_on(before.chars().next_back()) && !goes_on(behind.chars().next())
    })
}
