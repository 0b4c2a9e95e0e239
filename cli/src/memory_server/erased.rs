//! Removes memories and cards of erased calls and forgotten callers from an export.

use std::collections::BTreeSet;

use common::call::ConversationId;
use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::Failure;
use crate::terminal::TerminalError;
use crate::tombstone::{self, Erasures};
use operator::IncompleteExport;

/// An export of the memory store, as far as it is inspected here.
#[derive(Serialize, Deserialize)]
struct Export {
    #[serde(flatten)]
    other_fields: Map<String, Value>,
    memories: Vec<Value>,
    profiles: Vec<Value>,
    #[serde(default)]
    idempotency_keys: Vec<Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    links: Vec<Value>,
}

/// Returns the export without erased data, and how many memories and cards were removed.
///
/// Removed are:
///
/// - memories and cards of erased calls, and memories that were erased individually, by their id;
/// - everything that a forgotten caller said before they were forgotten, whichever call it names,
///   because the call may have been past its retention by then;
/// - entries of a forgotten caller that name neither a call nor a time. A caller counts as
///   forgotten with a tombstone, or when all their calls in the export are erased;
/// - links of a forgotten caller;
/// - cards of callers who lose a memory, because the card may repeat it;
/// - receipts of removed memories, and all receipts of a caller whose last memory is removed, so
///   that nothing names a forgotten caller.
pub(crate) fn without_erased(
    export: Vec<u8>,
    erasures: &Erasures,
    pepper: Option<&SecretString>,
) -> Result<(Vec<u8>, u64), Failure> {
    if erasures.is_empty() {
        return Ok((export, 0));
    }
    let mut export: Export = serde_json::from_slice(&export).map_err(|_| IncompleteExport)?;
    let callers = ErasedCallers::new(&export, erasures, pepper);
    let (removed, remaining): (Vec<Value>, Vec<Value>) = std::mem::take(&mut export.memories)
        .into_iter()
        .partition(|memory| callers.has_erased_memory(memory));
    let affected = callers.callers_of(&removed);
    let still_remembered = callers.callers_of(&remaining);
    let removed_ids: BTreeSet<&str> = removed
        .iter()
        .filter_map(|memory| memory["memory_id"].as_str())
        .collect();
    let card_count = export.profiles.len();
    export.profiles.retain(|card| {
        let is_affected = callers
            .caller_of(card)
            .is_some_and(|caller| affected.contains(&caller));
        let call = conversation(&card["profile_data"]["last_conversation_id"]);
        !is_affected && !callers.has_erased(card, call, card_time(card))
    });
    let removed_count = removed.len() + card_count - export.profiles.len();
    export.idempotency_keys.retain(|entry| {
        let is_of_removed = entry["receipt"]["memory_id"]
            .as_str()
            .is_some_and(|id| removed_ids.contains(id));
        let has_no_memories = callers.caller_of(entry).is_some_and(|caller| {
            (affected.contains(&caller) || callers.is_forgotten(&caller))
                && !still_remembered.contains(&caller)
        });
        !is_of_removed && !has_no_memories
    });
    export.links.retain(|link| !callers.has_erased_link(link));
    export.memories = remaining;
    let export =
        serde_json::to_vec(&export).map_err(|error| TerminalError::Output(error.into()))?;
    Ok((export, removed_count as u64))
}

/// The erased callers of an export, by pseudonym: the export may name the same person by number as
/// well.
struct ErasedCallers<'a> {
    erasures: &'a Erasures,
    pepper: Option<&'a SecretString>,
    /// Callers all of whose calls in the export are erased.
    with_all_calls_erased: BTreeSet<String>,
}

impl<'a> ErasedCallers<'a> {
    fn new(export: &Export, erasures: &'a Erasures, pepper: Option<&'a SecretString>) -> Self {
        let mut callers = Self {
            erasures,
            pepper,
            with_all_calls_erased: BTreeSet::new(),
        };
        let memories = export
            .memories
            .iter()
            .map(|memory| (memory, &memory["metadata"]["conversation_id"]));
        let cards = export
            .profiles
            .iter()
            .map(|card| (card, &card["profile_data"]["last_conversation_id"]));
        let calls = memories
            .chain(cards)
            .filter_map(|(entry, call)| Some((callers.caller_of(entry)?, conversation(call)?)));
        let (erased, others): (Vec<_>, Vec<_>) =
            calls.partition(|(_, call)| erasures.ids.contains(call));
        let with_other_calls: BTreeSet<String> =
            others.into_iter().map(|(caller, _)| caller).collect();
        callers.with_all_calls_erased = erased
            .into_iter()
            .map(|(caller, _)| caller)
            .filter(|caller| !with_other_calls.contains(caller))
            .collect();
        callers
    }

    /// Returns the pseudonym of the caller that an entry belongs to.
    fn caller_of(&self, entry: &Value) -> Option<String> {
        Some(tombstone::pseudonym_of(
            entry["caller_id"].as_str()?,
            self.pepper,
        ))
    }

    /// Returns the callers of these memories.
    fn callers_of(&self, memories: &[Value]) -> BTreeSet<String> {
        memories
            .iter()
            .filter_map(|memory| self.caller_of(memory))
            .collect()
    }

    /// Whether the caller has a tombstone, or all their calls are erased.
    fn is_forgotten(&self, caller: &str) -> bool {
        self.with_all_calls_erased.contains(caller)
            || tombstone::caller_tombstone_id(caller)
                .is_some_and(|caller| self.erasures.ids.contains(&caller))
    }

    /// Whether a memory is erased: by its id, its call or its caller.
    fn has_erased_memory(&self, memory: &Value) -> bool {
        let id = memory["memory_id"]
            .as_str()
            .and_then(tombstone::memory_tombstone_id);
        let call = conversation(&memory["metadata"]["conversation_id"]);
        id.is_some_and(|id| self.erasures.ids.contains(&id))
            || self.has_erased(memory, call, memory_time(memory))
    }

    /// Whether one of the linked callers was forgotten after they were linked.
    fn has_erased_link(&self, link: &Value) -> bool {
        let at: Option<Timestamp> = link["linked_at"].as_str().and_then(|at| at.parse().ok());
        ["caller_id", "main_id"].iter().any(|id| {
            let named = link[*id].as_str().unwrap_or_default();
            let caller = tombstone::pseudonym_of(named, self.pepper);
            match at {
                Some(at) => self.erasures.forgets(&caller, at),
                None => self.is_forgotten(&caller),
            }
        })
    }

    /// Whether an entry from this call and time is erased.
    fn has_erased(
        &self,
        entry: &Value,
        call: Option<ConversationId>,
        at: Option<Timestamp>,
    ) -> bool {
        let Some(caller) = self.caller_of(entry) else {
            return call.is_some_and(|call| self.erasures.ids.contains(&call));
        };
        match (call, at) {
            (Some(call), _) if self.erasures.ids.contains(&call) => true,
            (_, Some(at)) if self.erasures.forgotten_at(&caller).is_some() => {
                self.erasures.covers(&caller, at)
            }
            (Some(_), _) => false,
            (None, _) => self.is_forgotten(&caller),
        }
    }
}

/// Returns when a memory was said, or else when it was stored.
fn memory_time(memory: &Value) -> Option<Timestamp> {
    first_time([
        &memory["metadata"]["timestamp"],
        &memory["happened_at"],
        &memory["created_at"],
    ])
}

/// Returns the time of the call that a card describes, or else when the card was written.
fn card_time(card: &Value) -> Option<Timestamp> {
    first_time([
        &card["profile_data"]["last_call_at"],
        &card["updated_at"],
        &card["created_at"],
    ])
}

fn first_time(times: [&Value; 3]) -> Option<Timestamp> {
    times
        .into_iter()
        .find_map(|time| time.as_str()?.parse().ok())
}

fn conversation(id: &Value) -> Option<ConversationId> {
    ConversationId::parse(id.as_str()?).ok()
}

#[cfg(test)]
mod tests {
    use common::archive::{CallerTombstone, Key};
    use common::call::CallerId;
    use serde_json::json;

    use super::*;

    fn memory(id: &str, caller: &str, conversation: &str) -> Value {
        json!({"memory_id": id, "caller_id": caller, "content": id, "metadata": {"conversation_id": conversation}})
    }

    fn receipt(caller: &str, memory: &str) -> Value {
        json!({"caller_id": caller, "key": memory, "receipt": {"memory_id": memory}})
    }

    fn card(caller: &str, conversation: &str) -> Value {
        json!({"caller_id": caller, "profile_data": {"last_conversation_id": conversation}})
    }

    fn export() -> Value {
        json!({"format": "openmemory/1",
            "memories": [memory("m1", "+1", "conv_1"), memory("m2", "+2", "conv_2"), memory("m3", "+2", "conv_3")],
            "profiles": [card("+1", "conv_1"), card("+2", "conv_2"), card("+3", "conv_1"), card("*", "")],
            "idempotency_keys": [receipt("+1", "m1"), receipt("+1", "older"), receipt("+2", "m2"), receipt("+2", "m3")]})
    }

    fn without_calls(erased: &[&str]) -> (Value, u64) {
        let mut erasures = Erasures::default();
        erasures
            .ids
            .extend(erased.iter().map(|id| ConversationId::parse(*id).unwrap()));
        let (left, count) = without_erased(
            export().to_string().into_bytes(),
            &erasures,
            Some(&"pepper".into()),
        )
        .unwrap();
        (serde_json::from_slice(&left).unwrap(), count)
    }

    #[test]
    fn an_export_without_erased_calls_is_unchanged() {
        assert_eq!(without_calls(&[]), (export(), 0));
    }

    #[test]
    fn nothing_that_remains_names_a_forgotten_caller() {
        let (left, count) = without_calls(&["conv_1"]);
        assert_eq!(count, 3, "a memory and two cards");
        assert!(!left.to_string().contains("\"+1\""), "{left}");
        assert_eq!(
            left["memories"],
            json!([memory("m2", "+2", "conv_2"), memory("m3", "+2", "conv_3")])
        );
        assert_eq!(left["format"], "openmemory/1");
    }

    #[test]
    fn a_caller_keeps_memories_of_other_calls_but_not_the_card() {
        let (left, _) = without_calls(&["conv_2"]);
        let count = |list: &str| {
            left[list]
                .as_array()
                .unwrap()
                .iter()
                .filter(|entry| entry["caller_id"] == "+2")
                .count()
        };
        assert_eq!(
            (
                count("memories"),
                count("profiles"),
                count("idempotency_keys")
            ),
            (1, 0, 1)
        );
    }

    #[derive(Deserialize)]
    struct Case {
        name: String,
        export: Value,
        #[serde(default)]
        erased_calls: Vec<String>,
        #[serde(default)]
        forgotten: Vec<String>,
        /// Absent for an empty tombstone of an earlier version. Its file is dated 2026-01-01.
        forgotten_at: Option<Timestamp>,
        #[serde(default)]
        erased_memories: Vec<String>,
        left_memories: Vec<String>,
        left_cards: Vec<String>,
        left_out: u64,
    }

    /// Replaces `{hash of +12025550142}` by the pseudonym, which depends on the pepper.
    fn with_pseudonyms(text: &str, pepper: &SecretString) -> String {
        let mut parts = text.split("{hash of ");
        let first = parts.next().unwrap().to_owned();
        parts.fold(first, |text, part| {
            let (number, rest) = part.split_once('}').unwrap();
            text + CallerId::from_phone(number).unwrap().hash(pepper).as_str() + rest
        })
    }

    #[test]
    fn forgotten_data_is_removed_from_an_export() {
        let pepper = SecretString::from("pepper");
        let text = with_pseudonyms(
            include_str!("../../../tests/cases/forgotten-stays-forgotten.json"),
            &pepper,
        );
        let cases: Vec<Case> = serde_json::from_str(&text).unwrap();
        assert!(cases.len() > 6);
        for case in cases {
            let mut erasures = Erasures::default();
            let calls = case
                .erased_calls
                .iter()
                .map(|id| ConversationId::parse(id).unwrap());
            let memories = case
                .erased_memories
                .iter()
                .filter_map(|id| tombstone::memory_tombstone_id(id));
            for id in calls.chain(memories) {
                erasures.add(&Key::erased(&id), b"", Timestamp::UNIX_EPOCH);
            }
            let callers = case
                .forgotten
                .iter()
                .map(|number| CallerId::from_phone(number).unwrap());
            for hash in callers.flat_map(|caller| caller.pseudonyms(&pepper)) {
                let body = case
                    .forgotten_at
                    .map(|forgotten_at| CallerTombstone::new(forgotten_at).to_bytes());
                let written_at = "2026-01-01T00:00:00Z".parse().unwrap();
                erasures.add(
                    &Key::forgotten(&hash),
                    &body.unwrap_or_default(),
                    written_at,
                );
            }
            let (left, count) = without_erased(
                case.export.to_string().into_bytes(),
                &erasures,
                Some(&pepper),
            )
            .unwrap();
            let left: Value = serde_json::from_slice(&left).unwrap();
            let texts = |list: &str, field: &str| -> Vec<String> {
                let entries = left[list].as_array().unwrap().iter();
                entries
                    .map(|entry| entry[field].as_str().unwrap().to_owned())
                    .collect()
            };
            assert_eq!(
                texts("memories", "memory_id"),
                case.left_memories,
                "{}",
                case.name
            );
            assert_eq!(
                texts("profiles", "profile_id"),
                case.left_cards,
                "{}",
                case.name
            );
            assert_eq!(count, case.left_out, "{}", case.name);
        }
    }
}
