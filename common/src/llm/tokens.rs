//! Parses token counts, which some providers omit or send as `null` or as floats.

use serde_json::Value;

/// Returns the count at a path, or 0 if there is no valid count.
pub(super) fn count(usage: &Value, path: &[&str]) -> u64 {
    let value = path.iter().try_fold(usage, |value, name| value.get(name));
    value
        .and_then(|value| value.as_u64().or_else(|| to_count(value.as_f64()?)))
        .unwrap_or_default()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the number is checked to be finite and not negative"
)]
fn to_count(number: f64) -> Option<u64> {
    (number.is_finite() && number >= 0.0).then(|| number.round() as u64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_invalid_count_is_zero() {
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
