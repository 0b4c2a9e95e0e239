//! The size of an item, by the rules that AWS publishes:
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>

use serde_json::{Map, Value};

/// The bytes of an item in DynamoDB's JSON. Something that is no item has none.
pub(crate) fn item_size(item: &Value) -> usize {
    let attributes = item.as_object().into_iter().flatten();
    attributes
        .map(|(name, value)| name.len() + value_size(value))
        .sum()
}

fn value_size(value: &Value) -> usize {
    let Some((kind, value)) = value.as_object().and_then(|value| value.iter().next()) else {
        return 0;
    };
    let texts = || value.as_array().into_iter().flatten().map(text);
    match kind.as_str() {
        "S" => text(value).len(),
        "N" => number_size(text(value)),
        "B" => binary_size(text(value)),
        "SS" => texts().map(str::len).sum(),
        "NS" => texts().map(number_size).sum(),
        "BS" => texts().map(binary_size).sum(),
        "M" => 3 + value.as_object().map_or(0, map_size),
        "L" => {
            let elements = value.as_array().into_iter().flatten();
            3 + elements.map(|value| 1 + value_size(value)).sum::<usize>()
        }
        // A Boolean or null.
        _ => 1,
    }
}

fn map_size(map: &Map<String, Value>) -> usize {
    map.iter()
        .map(|(name, value)| 1 + name.len() + value_size(value))
        .sum()
}

/// One byte, and one for each two significant digits.
fn number_size(number: &str) -> usize {
    let digits: String = number
        .chars()
        .filter(|char| char.is_ascii_digit())
        .collect();
    digits.trim_matches('0').len().div_ceil(2) + 1
}

/// The bytes that base64 encodes.
fn binary_size(base64: &str) -> usize {
    base64.trim_end_matches('=').len() * 3 / 4
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_string_counts_as_its_name_and_its_bytes() {
        assert_eq!(item_size(&json!({ "name": { "S": "Zoë" } })), 4 + 4);
    }

    #[test]
    fn a_number_counts_two_significant_digits_as_a_byte() {
        for (number, size) in [("27", 2), ("1000", 2), ("0.00123", 3), ("1785000000", 3)] {
            assert_eq!(item_size(&json!({ "n": { "N": number } })), 1 + size);
        }
    }

    #[test]
    fn binary_counts_as_its_raw_bytes() {
        assert_eq!(item_size(&json!({ "b": { "B": "YnVmZmVy" } })), 1 + 6);
        assert_eq!(item_size(&json!({ "b": { "B": "YnVmZg==" } })), 1 + 4);
    }

    #[test]
    fn a_map_or_list_counts_three_bytes_and_one_for_each_element() {
        assert_eq!(item_size(&json!({ "m": { "M": {} } })), 1 + 3);
        let list = json!({ "l": { "L": [{ "S": "ab" }, { "BOOL": true }] } });
        assert_eq!(item_size(&list), 1 + 3 + (1 + 2) + (1 + 1));
        let map = json!({ "m": { "M": { "k": { "NULL": true } } } });
        assert_eq!(item_size(&map), 1 + 3 + (1 + 1 + 1));
    }
}
