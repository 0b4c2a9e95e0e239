//! Suggests which callers of an export of the memory store may be one person. Nothing is applied: a
//! name or a number can be shared.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufReader, Read};

use serde::Deserialize;

/// Digits of the shortest number that a memory must contain in full.
const MIN_DIGITS: usize = 8;

/// Two callers that may be one person.
///
/// Contains caller ids, so it has no `Debug`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Suggestion {
    /// Their ids in the store.
    pub callers: [String; 2],
    /// Why they may be one person.
    pub reason: Reason,
}

/// Why two callers may be one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// Their cards have the same full name.
    SameName,
    /// A memory of the first contains the number of the second.
    NumberInMemory,
}

/// An export of the store, as far as suggestions need it.
#[derive(Deserialize)]
struct Export {
    memories: Vec<Memory>,
    profiles: Vec<Profile>,
}

#[derive(Deserialize)]
struct Memory {
    caller_id: String,
    content: String,
}

#[derive(Deserialize)]
struct Profile {
    caller_id: String,
    profile_data: Card,
}

#[derive(Deserialize)]
struct Card {
    #[serde(default)]
    caller_name: Option<String>,
}

/// The export ended too early, or it is not an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the export of the memory store is incomplete")]
pub struct UnreadableExport;

/// Reads the suggestions from an export. Linked callers are one caller in it.
///
/// # Errors
/// [`UnreadableExport`]
pub fn read(export: impl Read) -> Result<Vec<Suggestion>, UnreadableExport> {
    let export: Export =
        serde_json::from_reader(BufReader::new(export)).map_err(|_| UnreadableExport)?;
    let mut suggestions = same_names(&export.profiles);
    suggestions.extend(numbers_in_memories(&export));
    Ok(suggestions.into_iter().collect())
}

fn same_names(profiles: &[Profile]) -> BTreeSet<Suggestion> {
    let mut callers_by_name: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for profile in profiles {
        let name = profile.profile_data.caller_name.as_deref();
        if let Some(name) = name.and_then(full_name) {
            callers_by_name
                .entry(name)
                .or_default()
                .insert(&profile.caller_id);
        }
    }
    let mut suggestions = BTreeSet::new();
    for callers in callers_by_name.values() {
        let mut others = callers.iter();
        if let Some(first) = others.next() {
            suggestions.extend(others.map(|other| suggestion(first, other, Reason::SameName)));
        }
    }
    suggestions
}

fn numbers_in_memories(export: &Export) -> BTreeSet<Suggestion> {
    let memories = export.memories.iter().map(|memory| &memory.caller_id);
    let cards = export.profiles.iter().map(|profile| &profile.caller_id);
    let callers: BTreeMap<String, &str> = memories
        .chain(cards)
        .filter_map(|id| Some((id.strip_prefix('+')?.to_owned(), id.as_str())))
        .collect();
    let mut suggestions = BTreeSet::new();
    for memory in &export.memories {
        for number in numbers(&memory.content) {
            let other = callers.get(&number).filter(|id| **id != memory.caller_id);
            suggestions.extend(
                other.map(|other| suggestion(&memory.caller_id, other, Reason::NumberInMemory)),
            );
        }
    }
    suggestions
}

fn suggestion(one: &str, other: &str, reason: Reason) -> Suggestion {
    Suggestion {
        callers: [one.to_owned(), other.to_owned()],
        reason,
    }
}

/// A name of at least two words, in lower case.
fn full_name(name: &str) -> Option<String> {
    let words: Vec<String> = name.split_whitespace().map(str::to_lowercase).collect();
    (words.len() >= 2).then(|| words.join(" "))
}

/// The digits of the numbers in a text that are long enough, without separators.
fn numbers(text: &str) -> Vec<String> {
    let is_part = |letter: char| letter.is_ascii_digit() || " +-().".contains(letter);
    text.split(|letter| !is_part(letter))
        .map(|part| part.chars().filter(char::is_ascii_digit).collect())
        .filter(|digits: &String| digits.len() >= MIN_DIGITS)
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn found(memories: Value, profiles: Value) -> Vec<(String, String, Reason)> {
        let export = json!({"memories": memories, "profiles": profiles}).to_string();
        let suggestions = read(export.as_bytes()).unwrap();
        suggestions
            .into_iter()
            .map(
                |Suggestion {
                     callers: [one, other],
                     reason,
                 }| (one, other, reason),
            )
            .collect()
    }

    fn card(caller: &str, name: &str) -> Value {
        json!({"caller_id": caller, "profile_data": {"caller_name": name}})
    }

    fn memory(caller: &str, content: &str) -> Value {
        json!({"caller_id": caller, "content": content})
    }

    #[test]
    fn callers_with_the_same_full_name_are_suggested_but_not_those_with_one_first_name() {
        let cards = json!([
            card("+12025550101", "Dana Reed"),
            card("user:dana", "dana  reed"),
            card("+12025550102", "Dana"),
            card("+12025550103", "Dana"),
            json!({"caller_id": "*", "profile_data": {}}),
        ]);
        let expected = (
            "+12025550101".to_owned(),
            "user:dana".to_owned(),
            Reason::SameName,
        );
        assert_eq!(found(json!([]), cards), [expected]);
    }

    #[test]
    fn a_caller_whose_memory_contains_the_number_of_another_is_suggested() {
        let memories = json!([
            memory("user:dana", "Can be reached at +1 (202) 555-0101."),
            memory(
                "+12025550101",
                "Called from 12025550101 before, order 20255501"
            ),
        ]);
        let expected = (
            "user:dana".to_owned(),
            "+12025550101".to_owned(),
            Reason::NumberInMemory,
        );
        assert_eq!(found(memories, json!([])), [expected]);
    }

    #[test]
    fn a_truncated_export_is_an_error() {
        assert_eq!(read(&b"{\"memories\": ["[..]).err(), Some(UnreadableExport));
    }
}
