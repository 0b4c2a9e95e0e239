//! The items that a request to DynamoDB reads or writes.

use serde_json::{Value, json};

/// What a request accesses. A key is of the form `{"PK": …, "SK": …}`.
#[derive(Debug, PartialEq)]
pub(crate) enum Access {
    /// Each item is read on its own.
    Items {
        keys: Vec<Value>,
        is_consistent: bool,
    },
    /// The items of one page of a query.
    Page { is_consistent: bool },
    Writes {
        keys: Vec<Value>,
        is_transaction: bool,
    },
}

/// Reads the access of a request. `None` for an operation that no request of a call uses.
pub(crate) fn access(operation: &str, request: &Value) -> Option<Access> {
    let is_consistent = request["ConsistentRead"] == true;
    Some(match operation {
        "GetItem" => Access::Items {
            keys: vec![request["Key"].clone()],
            is_consistent,
        },
        "BatchGetItem" => {
            let (_, wanted) = request["RequestItems"].as_object()?.iter().next()?;
            Access::Items {
                keys: wanted["Keys"].as_array()?.clone(),
                is_consistent: wanted["ConsistentRead"] == true,
            }
        }
        "Query" => Access::Page { is_consistent },
        "PutItem" | "UpdateItem" | "DeleteItem" => Access::Writes {
            keys: vec![written(request)],
            is_transaction: false,
        },
        "BatchWriteItem" => {
            let (_, writes) = request["RequestItems"].as_object()?.iter().next()?;
            writes_of(writes, false)?
        }
        "TransactWriteItems" => writes_of(&request["TransactItems"], true)?,
        _ => return None,
    })
}

fn writes_of(actions: &Value, is_transaction: bool) -> Option<Access> {
    let actions = actions.as_array()?.iter();
    let keys = actions.filter_map(|action| action.as_object()?.values().next().map(written));
    Some(Access::Writes {
        keys: keys.collect(),
        is_transaction,
    })
}

/// The key that an action writes: its own, or that of the item that it puts.
fn written(action: &Value) -> Value {
    let key = action.get("Key").unwrap_or(&action["Item"]);
    json!({ "PK": key["PK"], "SK": key["SK"] })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> Value {
        json!({ "PK": { "S": name }, "SK": { "S": "@" } })
    }

    #[test]
    fn a_transaction_writes_the_keys_of_its_actions() {
        let mut item = key("new");
        item["content"] = json!({ "S": "text" });
        let actions = json!([{ "Put": { "Item": item } }, { "Delete": { "Key": key("old") } }]);
        let request = json!({ "TransactItems": actions });
        let expected = Access::Writes {
            keys: vec![key("new"), key("old")],
            is_transaction: true,
        };
        assert_eq!(access("TransactWriteItems", &request), Some(expected));
    }

    #[test]
    fn a_batch_reads_each_key_on_its_own() {
        let wanted = json!({ "Keys": [key("one"), key("two")], "ConsistentRead": true });
        let request = json!({ "RequestItems": { "table": wanted } });
        let expected = Access::Items {
            keys: vec![key("one"), key("two")],
            is_consistent: true,
        };
        assert_eq!(access("BatchGetItem", &request), Some(expected));
    }

    #[test]
    fn an_unknown_operation_is_not_guessed() {
        assert_eq!(access("Scan", &json!({})), None);
    }
}
