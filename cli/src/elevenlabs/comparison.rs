//! Compares settings that the API returns with those that we set.
//!
//! The API returns more than was set: new fields, defaults, normalised URLs. So only fields that we
//! set are compared.

use serde_json::{Map, Value};
use url::Url;

/// Whether `current` includes everything in `wanted`. A wanted null may be absent.
pub(crate) fn includes(current: &Value, wanted: &Value) -> bool {
    match (current, wanted) {
        (Value::Object(current), Value::Object(wanted)) => wanted
            .iter()
            .all(|(name, value)| includes(current.get(name).unwrap_or(&Value::Null), value)),
        (Value::Null, Value::Object(wanted)) => {
            wanted.values().all(|value| includes(&Value::Null, value))
        }
        (Value::Array(current), Value::Array(wanted)) => {
            current.len() == wanted.len()
                && current
                    .iter()
                    .zip(wanted)
                    .all(|(current, wanted)| includes(current, wanted))
        }
        (Value::String(current), Value::String(wanted)) => {
            current == wanted || is_same_url(current, wanted)
        }
        (Value::Number(current), Value::Number(wanted)) => {
            current == wanted || current.as_f64() == wanted.as_f64()
        }
        (current, wanted) => current == wanted,
    }
}

/// Whether both texts are the same URL, in any notation.
pub(crate) fn is_same_url(one: &str, other: &str) -> bool {
    let url = |text: &str| Url::parse(text).ok().filter(|url| url.has_host());
    url(one).is_some_and(|one| url(other) == Some(one))
}

/// Returns the value without null fields. The API returns unset fields as null, and may refuse
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
    fn settings_are_recognised_in_what_the_api_returns() {
        let cases: Vec<Case> =
            serde_json::from_str(include_str!("../../../tests/cases/api-shapes.json")).unwrap();
        assert!(cases.len() > 8);
        for case in cases {
            assert_eq!(
                includes(&case.shown, &case.wanted),
                case.is_shown,
                "{}",
                case.name
            );
        }
    }
}
