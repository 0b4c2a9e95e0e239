//! Counts of tokens as providers send them: missing, `null`, or as floats.

use serde_json::Value;

/// The count at a path, or 0 where there is none.
pub(super) fn count(usage: &Value, path: &[&str]) -> u64 {
    let value = path.iter().try_fold(usage, |value, name| value.get(name));
    value
        .and_then(|value| value.as_u64().or_else(|| whole(value.as_f64()?)))
        .unwrap_or_default()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is checked to be a count"
)]
fn whole(number: f64) -> Option<u64> {
    (number.is_finite() && number >= 0.0).then(|| number.round() as u64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_count_that_is_none_is_nothing() {
        for (usage, expected) in [
            (json!({"a": {"b": 7}}), 7),
            (json!({"a": {"b": 7.0}}), 7),
            (json!({"a": {"b": null}}), 0),
            (json!({"a": {"b": "7"}}), 0),
            (json!({"a": {"b": -7}}), 0),
            (json!({"a": null}), 0),
            (json!([]), 0),
            (Value::Null, 0),
        ] {
            assert_eq!(count(&usage, &["a", "b"]), expected, "{usage}");
        }
    }
}
