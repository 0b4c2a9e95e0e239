//! Leaves out of an export what was told in calls that are erased by now, and what callers told who
//! are forgotten.

use std::collections::BTreeSet;

use common::call::ConversationId;
use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::failure::Failure;
use crate::memories::tombstone::{self, Erasures};

/// An export of the memory store, as far as it is looked at.
#[derive(Serialize, Deserialize)]
struct Export {
    #[serde(flatten)]
    head: Map<String, Value>,
    memories: Vec<Value>,
    profiles: Vec<Value>,
    #[serde(default)]
    idempotency_keys: Vec<Value>,
}

/// The export without what rests on these conversations, and how many memories and cards that were.
///
/// What a caller said until they were forgotten goes, whichever call it names: the call may have
/// been past its retention by then. What names neither a call nor a time goes with a caller who is
/// forgotten: one with a tombstone, or one whose calls are all erased. A memory that was erased by
/// itself goes by its id. A card goes when its call is erased, or a memory of the same caller: it
/// may tell of it. A receipt goes with its memory, and with the last of a caller's memories, so
/// that nothing names a caller who is forgotten.
pub(crate) fn without(
    export: Vec<u8>,
    erasures: &Erasures,
    pepper: Option<&SecretString>,
) -> Result<(Vec<u8>, u64), Failure> {
    if erasures.is_empty() {
        return Ok((export, 0));
    }
    let mut export: Export =
        serde_json::from_slice(&export).map_err(|_| Failure::IncompleteExport)?;
    let callers = Callers::new(&export, erasures, pepper);
    let (gone, left): (Vec<Value>, Vec<Value>) = std::mem::take(&mut export.memories)
        .into_iter()
        .partition(|memory| callers.is_gone(memory));
    let of = |memories: &[Value]| {
        memories
            .iter()
            .filter_map(|memory| callers.of(memory))
            .collect::<BTreeSet<_>>()
    };
    let (touched, known) = (of(&gone), of(&left));
    let gone_ids: BTreeSet<&str> = gone
        .iter()
        .filter_map(|memory| memory["memory_id"].as_str())
        .collect();
    let cards = export.profiles.len();
    export.profiles.retain(|card| {
        let of_touched = callers
            .of(card)
            .is_some_and(|caller| touched.contains(&caller));
        let call = conversation(&card["profile_data"]["last_conversation_id"]);
        !of_touched && !callers.has_erased(card, call, last_call_at(card))
    });
    let left_out = gone.len() + cards - export.profiles.len();
    export.idempotency_keys.retain(|kept| {
        let of_gone = kept["receipt"]["memory_id"]
            .as_str()
            .is_some_and(|id| gone_ids.contains(id));
        let caller = callers.of(kept);
        let is_gone = |caller: &String| {
            (touched.contains(caller) || callers.is_known_as_forgotten(caller))
                && !known.contains(caller)
        };
        !of_gone && !caller.as_ref().is_some_and(is_gone)
    });
    export.memories = left;
    let export = serde_json::to_vec(&export).map_err(|error| Failure::Output(error.into()))?;
    Ok((export, left_out as u64))
}

/// Who of an export is forgotten, by pseudonym: the same person may be there by number as well.
struct Callers<'a> {
    erasures: &'a Erasures,
    pepper: Option<&'a SecretString>,
    /// All of whose calls in the export are erased.
    without_calls: BTreeSet<String>,
}

impl<'a> Callers<'a> {
    fn new(export: &Export, erasures: &'a Erasures, pepper: Option<&'a SecretString>) -> Self {
        let mut callers = Self {
            erasures,
            pepper,
            without_calls: BTreeSet::new(),
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
            .filter_map(|(entry, call)| Some((callers.of(entry)?, conversation(call)?)));
        let (gone, others): (Vec<_>, Vec<_>) =
            calls.partition(|(_, call)| erasures.ids.contains(call));
        let others: BTreeSet<String> = others.into_iter().map(|(caller, _)| caller).collect();
        let gone = gone.into_iter().map(|(caller, _)| caller);
        callers.without_calls = gone.filter(|caller| !others.contains(caller)).collect();
        callers
    }

    /// Whose something is.
    fn of(&self, entry: &Value) -> Option<String> {
        Some(tombstone::pseudonym_of(
            entry["caller_id"].as_str()?,
            self.pepper,
        ))
    }

    fn is_known_as_forgotten(&self, caller: &str) -> bool {
        self.without_calls.contains(caller)
            || tombstone::of_caller(caller)
                .is_some_and(|caller| self.erasures.ids.contains(&caller))
    }

    fn is_gone(&self, memory: &Value) -> bool {
        let id = memory["memory_id"].as_str().and_then(tombstone::of_memory);
        let call = conversation(&memory["metadata"]["conversation_id"]);
        id.is_some_and(|id| self.erasures.ids.contains(&id))
            || self.has_erased(memory, call, said_at(memory))
    }

    /// Whether something of a caller, from this call and time, is erased.
    fn has_erased(
        &self,
        entry: &Value,
        call: Option<ConversationId>,
        at: Option<Timestamp>,
    ) -> bool {
        let Some(caller) = self.of(entry) else {
            return call.is_some_and(|call| self.erasures.ids.contains(&call));
        };
        match (call, at) {
            (Some(call), _) if self.erasures.ids.contains(&call) => true,
            (_, Some(at)) if self.erasures.forgotten_at(&caller).is_some() => {
                self.erasures.forgets(&caller, at)
            }
            (Some(_), _) => false,
            (None, _) => self.is_known_as_forgotten(&caller),
        }
    }
}

/// When a memory was said, or failing that when it was stored.
fn said_at(memory: &Value) -> Option<Timestamp> {
    first_time([
        &memory["metadata"]["timestamp"],
        &memory["happened_at"],
        &memory["created_at"],
    ])
}

/// When the call was that a card tells of, or failing that when the card was written.
fn last_call_at(card: &Value) -> Option<Timestamp> {
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

    fn export() -> Value {
        let receipt = |caller: &str, memory: &str| json!({"caller_id": caller, "key": memory, "receipt": {"memory_id": memory}});
        let card = |caller: &str, conversation: &str| json!({"caller_id": caller, "profile_data": {"last_conversation_id": conversation}});
        json!({"format": "openmemory/1",
            "memories": [memory("m1", "+1", "conv_1"), memory("m2", "+2", "conv_2"), memory("m3", "+2", "conv_3")],
            "profiles": [card("+1", "conv_1"), card("+2", "conv_2"), card("+3", "conv_1"), card("*", "")],
            "idempotency_keys": [receipt("+1", "m1"), receipt("+1", "older"), receipt("+2", "m2"), receipt("+2", "m3")]})
    }

    fn left(erased: &[&str]) -> (Value, u64) {
        let mut erasures = Erasures::default();
        erasures
            .ids
            .extend(erased.iter().map(|id| ConversationId::parse(*id).unwrap()));
        let (left, count) = without(
            export().to_string().into_bytes(),
            &erasures,
            Some(&"pepper".into()),
        )
        .unwrap();
        (serde_json::from_slice(&left).unwrap(), count)
    }

    #[test]
    fn without_erased_calls_an_export_stays_byte_for_byte() {
        assert_eq!(left(&[]), (export(), 0));
    }

    #[test]
    fn a_forgotten_caller_is_named_by_nothing_that_is_left() {
        let (left, count) = left(&["conv_1"]);
        assert_eq!(count, 3, "a memory and two cards");
        assert!(!left.to_string().contains("\"+1\""), "{left}");
        assert_eq!(
            left["memories"],
            json!([memory("m2", "+2", "conv_2"), memory("m3", "+2", "conv_3")])
        );
        assert_eq!(left["format"], "openmemory/1");
    }

    #[test]
    fn of_a_caller_with_other_calls_those_stay_and_the_card_does_not() {
        let (left, _) = left(&["conv_2"]);
        let of_two = |list: &str| {
            left[list]
                .as_array()
                .unwrap()
                .iter()
                .filter(|one| one["caller_id"] == "+2")
                .count()
        };
        assert_eq!(
            (
                of_two("memories"),
                of_two("profiles"),
                of_two("idempotency_keys")
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
        /// Absent for an empty tombstone of an earlier version, whose file is of 2026.
        forgotten_at: Option<Timestamp>,
        #[serde(default)]
        erased_memories: Vec<String>,
        left_memories: Vec<String>,
        left_cards: Vec<String>,
        left_out: u64,
    }

    /// `{hash of +12025550142}` stands for the pseudonym, which depends on the pepper.
    fn with_pseudonyms(text: &str, pepper: &SecretString) -> String {
        let mut parts = text.split("{hash of ");
        let first = parts.next().unwrap().to_owned();
        parts.fold(first, |text, part| {
            let (number, rest) = part.split_once('}').unwrap();
            text + CallerId::from_phone(number).unwrap().hash(pepper).as_str() + rest
        })
    }

    #[test]
    fn what_was_forgotten_does_not_come_back() {
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
                .filter_map(|id| tombstone::of_memory(id));
            for id in calls.chain(memories) {
                erasures.add(&Key::erased(&id), b"", Timestamp::UNIX_EPOCH);
            }
            let callers = case
                .forgotten
                .iter()
                .map(|number| CallerId::from_phone(number).unwrap());
            for hash in callers.flat_map(|caller| tombstone::pseudonyms(&caller, &pepper)) {
                let body = case
                    .forgotten_at
                    .map(|forgotten_at| CallerTombstone { forgotten_at }.to_bytes());
                let written_at = "2026-01-01T00:00:00Z".parse().unwrap();
                erasures.add(
                    &Key::forgotten(&hash),
                    &body.unwrap_or_default(),
                    written_at,
                );
            }
            let (left, count) = without(
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
