//! The data collection items at an agent: which are ours, which are the operator's, and the list
//! with and without ours.

use common::elevenlabs::collection::CollectedItem;
use serde_json::{Map, Value, json};

use crate::elevenlabs::{Agent, without_nulls};

/// Where an agent has them. ElevenLabs replaces the list as it is sent, so it is always sent whole.
pub(super) const COLLECTION: &str = "/platform_settings/data_collection";

/// The list with our items, and the titles of those that are missing; `None` when none is.
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

/// The list without our items that nobody changed; `None` when there is none of them.
pub(super) fn without_ours(agent: &Agent) -> Option<Value> {
    let all = items(agent);
    let rest: Map<String, Value> = all
        .iter()
        .filter(|(id, item)| !is_ours(id, item))
        .map(copied)
        .collect();
    (rest.len() < all.len()).then_some(Value::Object(rest))
}

/// The ids of ours under which the operator has something else.
pub(super) fn taken(agent: &Agent) -> Vec<String> {
    let items = items(agent);
    items
        .iter()
        .filter(|(id, item)| CollectedItem::from_identifier(id).is_some() && !is_ours(id, item))
        .map(|(id, _)| id.clone())
        .collect()
}

fn copied((id, item): (&String, &Value)) -> (String, Value) {
    (id.clone(), item.clone())
}

/// The items of the agent, without fields that nobody set: the API shows those as null, and may
/// refuse them.
fn items(agent: &Agent) -> Map<String, Value> {
    let items = agent.at(COLLECTION).and_then(Value::as_object);
    items
        .into_iter()
        .flatten()
        .map(|(id, item)| (id.clone(), without_nulls(item)))
        .collect()
}

fn definition(item: CollectedItem) -> Value {
    json!({"type": "string", "description": item.description()})
}

/// Whether an item is as connect made it: type and instruction are ours, and no other field is set.
fn is_ours(id: &str, found: &Value) -> bool {
    let Some(item) = CollectedItem::from_identifier(id).filter(|item| item.identifier() == id)
    else {
        return false;
    };
    let (own, Some(found)) = (definition(item), found.as_object()) else {
        return false;
    };
    let is_default = |value: &Value| match value {
        Value::Null => true,
        Value::Bool(is_set) => !is_set,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    };
    let is_as_made = |(field, value): (&String, &Value)| match own.get(field) {
        Some(made) => made == value,
        None => is_default(value),
    };
    found.contains_key("description") && found.iter().all(is_as_made)
}
