//! Leaves out of an export what was told in calls that are erased by now.

use std::collections::BTreeSet;

use common::call::ConversationId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::failure::Failure;

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
/// A card goes when its call is erased, or a memory of the same caller: it may tell of it. A receipt goes with its memory, and
/// with the last of a caller's memories, so that nothing names a caller who is forgotten.
pub(super) fn without(export: Vec<u8>, erased: &BTreeSet<ConversationId>) -> Result<(Vec<u8>, u64), Failure> {
    if erased.is_empty() {
        return Ok((export, 0));
    }
    let mut export: Export = serde_json::from_slice(&export).map_err(|_| Failure::ExportBroke)?;
    let is_erased = |id: &Value| {
        let id = id.as_str().and_then(|id| ConversationId::parse(id).ok());
        id.is_some_and(|id| erased.contains(&id))
    };
    let (gone, left): (Vec<Value>, Vec<Value>) =
        export.memories.into_iter().partition(|memory| is_erased(&memory["metadata"]["conversation_id"]));
    let touched: BTreeSet<&str> = gone.iter().filter_map(caller).collect();
    let known: BTreeSet<&str> = left.iter().filter_map(caller).collect();
    let gone_ids: BTreeSet<&str> = gone.iter().filter_map(|memory| memory["memory_id"].as_str()).collect();
    let cards = export.profiles.len();
    export.profiles.retain(|card| {
        let of_touched = caller(card).is_some_and(|caller| touched.contains(caller));
        !of_touched && !is_erased(&card["profile_data"]["last_conversation_id"])
    });
    let left_out = gone.len() + cards - export.profiles.len();
    export.idempotency_keys.retain(|kept| {
        let of_gone = kept["receipt"]["memory_id"].as_str().is_some_and(|id| gone_ids.contains(id));
        let is_forgotten = caller(kept).is_some_and(|caller| touched.contains(caller) && !known.contains(caller));
        !of_gone && !is_forgotten
    });
    export.memories = left;
    let export = serde_json::to_vec(&export).map_err(|error| Failure::Output(error.into()))?;
    Ok((export, left_out as u64))
}

fn caller(entry: &Value) -> Option<&str> {
    entry["caller_id"].as_str()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn memory(id: &str, caller: &str, conversation: &str) -> Value {
        json!({"memory_id": id, "caller_id": caller, "content": id, "metadata": {"conversation_id": conversation}})
    }

    fn export() -> Value {
        let receipt =
            |caller: &str, memory: &str| json!({"caller_id": caller, "key": memory, "receipt": {"memory_id": memory}});
        let card = |caller: &str, conversation: &str| json!({"caller_id": caller, "profile_data": {"last_conversation_id": conversation}});
        json!({"format": "openmemory/1",
            "memories": [memory("m1", "+1", "conv_1"), memory("m2", "+2", "conv_2"), memory("m3", "+2", "conv_3")],
            "profiles": [card("+1", "conv_1"), card("+2", "conv_2"), card("+3", "conv_1"), card("*", "")],
            "idempotency_keys": [receipt("+1", "m1"), receipt("+1", "older"), receipt("+2", "m2"), receipt("+2", "m3")]})
    }

    fn left(erased: &[&str]) -> (Value, u64) {
        let erased = erased.iter().map(|id| ConversationId::parse(*id).unwrap()).collect();
        let (left, count) = without(export().to_string().into_bytes(), &erased).unwrap();
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
        assert_eq!(left["memories"], json!([memory("m2", "+2", "conv_2"), memory("m3", "+2", "conv_3")]));
        assert_eq!(left["format"], "openmemory/1");
    }

    #[test]
    fn of_a_caller_with_other_calls_those_stay_and_the_card_does_not() {
        let (left, _) = left(&["conv_2"]);
        let of_two = |list: &str| left[list].as_array().unwrap().iter().filter(|one| one["caller_id"] == "+2").count();
        assert_eq!((of_two("memories"), of_two("profiles"), of_two("idempotency_keys")), (1, 0, 1));
    }
}
