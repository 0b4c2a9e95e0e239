//! A stub of DynamoDB with one table, in which every caller has a card.

use serde_json::{Map, Value, json};

use crate::call;

/// Answers an operation of `DynamoDB_20120810`.
pub(crate) fn answer(operation: &str, request: &Value) -> Value {
    match operation {
        "BatchGetItem" => found(request),
        // The table has no description yet, and every write succeeds.
        _ => json!({}),
    }
}

/// Returns the profiles among the requested items, and nothing about the number of memories.
fn found(request: &Value) -> Value {
    let tables = request["RequestItems"].as_object();
    let responses: Map<String, Value> = tables
        .into_iter()
        .flatten()
        .map(|(table, keys)| (table.clone(), profiles(&keys["Keys"])))
        .collect();
    json!({ "Responses": responses, "UnprocessedKeys": {} })
}

fn profiles(keys: &Value) -> Value {
    keys.as_array()
        .into_iter()
        .flatten()
        .filter(|key| is_profile(key))
        .map(item)
        .collect()
}

fn is_profile(key: &Value) -> bool {
    key["SK"]["S"]
        .as_str()
        .is_some_and(|sort_key| sort_key.starts_with("P#"))
}

fn item(key: &Value) -> Value {
    let time = json!({"N": "1767261600000000"});
    json!({
        "PK": key["PK"], "SK": key["SK"],
        "agent": {"S": call::AGENT}, "caller": {"S": call::CALLER},
        "data": {"S": call::card().to_string()},
        "created_at": time, "updated_at": time,
        "expires_at": {"N": "4070908800000000"}, "expires": {"N": "4070908801"},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_requested_profile_is_found_under_its_key() {
        let key = json!({"PK": {"S": "C#1"}, "SK": {"S": "P#2"}});
        let head = json!({"PK": {"S": "C#1"}, "SK": {"S": "@"}});
        let request = json!({"RequestItems": {"memories": {"Keys": [head, key]}}});
        let response = answer("BatchGetItem", &request);
        let items = response["Responses"]["memories"].as_array().unwrap();
        assert_eq!(items.len(), 1);
        assert_eq!(items[0]["SK"]["S"], "P#2");
    }
}
