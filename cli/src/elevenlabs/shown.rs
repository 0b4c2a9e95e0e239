//! Whether the API shows what was set. It shows more than it was told: fields that are new, fields
//! with defaults, an address in its normal form. So only what we set is compared.

use serde_json::{Map, Value};
use url::Url;

/// Whether everything of `wanted` stands in `found`. A null that is wanted may be absent.
pub(crate) fn shows(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => wanted
            .iter()
            .all(|(name, value)| shows(found.get(name).unwrap_or(&Value::Null), value)),
        (Value::Null, Value::Object(wanted)) => {
            wanted.values().all(|value| shows(&Value::Null, value))
        }
        (Value::Array(found), Value::Array(wanted)) => {
            found.len() == wanted.len()
                && found
                    .iter()
                    .zip(wanted)
                    .all(|(found, wanted)| shows(found, wanted))
        }
        (Value::String(found), Value::String(wanted)) => {
            found == wanted || is_same_address(found, wanted)
        }
        (Value::Number(found), Value::Number(wanted)) => {
            found == wanted || found.as_f64() == wanted.as_f64()
        }
        (found, wanted) => found == wanted,
    }
}

/// Whether both are the same URL, however it is written.
pub(crate) fn is_same_address(one: &str, other: &str) -> bool {
    let url = |text: &str| Url::parse(text).ok().filter(|url| url.has_host());
    url(one).is_some_and(|one| url(other) == Some(one))
}

/// Without the fields that say nothing: an API shows those that nobody set as null, and may refuse
/// them.
pub(crate) fn without_nulls(value: &Value) -> Value {
    let Value::Object(fields) = value else {
        return value.clone();
    };
    let filled = fields.iter().filter(|(_, value)| !value.is_null());
    Value::Object(
        filled
            .map(|(name, value)| (name.clone(), without_nulls(value)))
            .collect::<Map<_, _>>(),
    )
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Case {
        name: String,
        wanted: Value,
        shown: Value,
        is_shown: bool,
    }

    #[test]
    fn what_was_set_is_found_in_what_the_api_shows_and_nothing_else_is() {
        let cases: Vec<Case> =
            serde_json::from_str(include_str!("../../../tests/cases/api-shapes.json")).unwrap();
        assert!(cases.len() > 8);
        for case in cases {
            assert_eq!(
                shows(&case.shown, &case.wanted),
                case.is_shown,
                "{}",
                case.name
            );
        }
    }
}
