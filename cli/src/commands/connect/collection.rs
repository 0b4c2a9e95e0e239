//! The data collection items of an agent: which are ours, which are the operator's, and the list
//! with and without ours.

use common::elevenlabs::collection::CollectedItem;
use serde_json::{Map, Value, json};

use crate::elevenlabs::{Agent, without_nulls};

/// Where an agent has its items. ElevenLabs replaces the whole list, so it is always sent complete.
pub(super) const COLLECTION: &str = "/platform_settings/data_collection";

/// Returns the list with our items added, and the titles of those that were missing. Returns `None`
/// if none was.
pub(super) fn completed(agent: &Agent) -> Option<(Value, Vec<&'static str>)> {
    let mut items = items(agent);
    let missing: Vec<CollectedItem> = CollectedItem::ALL
        .into_iter()
        .filter(|item| !items.contains_key(item.identifier()))
        .collect();
    items.extend(
        missing
            .iter()
            .map(|item| (item.identifier().to_owned(), definition(*item))),
    );
    let titles = missing.iter().map(|item| item.title()).collect::<Vec<_>>();
    (!titles.is_empty()).then_some((Value::Object(items), titles))
}

/// Returns the list without our unchanged items. Returns `None` if there are none.
pub(super) fn without_ours(agent: &Agent) -> Option<Value> {
    let all = items(agent);
    let rest: Map<String, Value> = all
        .iter()
        .filter(|(id, item)| !is_ours(id, item))
        .map(|(id, item)| (id.clone(), item.clone()))
        .collect();
    (rest.len() < all.len()).then_some(Value::Object(rest))
}

/// Returns our ids under which the operator has an item of their own.
pub(super) fn operator_items(agent: &Agent) -> Vec<String> {
    let items = items(agent);
    items
        .iter()
        .filter(|(id, item)| CollectedItem::from_identifier(id).is_some() && !is_ours(id, item))
        .map(|(id, _)| id.clone())
        .collect()
}

/// Returns the items of the agent without unset fields: the API shows those as null, and may refuse
/// them.
fn items(agent: &Agent) -> Map<String, Value> {
    let items = agent.setting(COLLECTION).and_then(Value::as_object);
    items
        .into_iter()
        .flatten()
        .map(|(id, item)| (id.clone(), without_nulls(item)))
        .collect()
}

fn definition(item: CollectedItem) -> Value {
    json!({"type": "string", "description": item.description()})
}

/// Whether an item is as connect creates it: type and instruction are ours, and no other field is
/// set.
fn is_ours(id: &str, current: &Value) -> bool {
    let Some(item) = CollectedItem::from_identifier(id).filter(|item| item.identifier() == id)
    else {
        return false;
    };
    let Some(current) = current.as_object() else {
        return false;
    };
    let own = definition(item);
    let is_as_created = |(field, value): (&String, &Value)| match own.get(field) {
        Some(created) => created == value,
        None => is_default(value),
    };
    current.contains_key("description") && current.iter().all(is_as_created)
}

/// Whether this is the value of a field that nobody set.
fn is_default(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(is_set) => !is_set,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    }
}
