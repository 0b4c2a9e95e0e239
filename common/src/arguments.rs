//! Lenient deserializers for arguments filled in by a language model or a dashboard.
//!
//! Such arguments often have a slightly wrong type: numbers for strings, a list for one string,
//! `"null"` for nothing, or unresolved variables. None of that may fail a look-up during a call.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Deserializes a string. A number becomes its digits, a list or object its strings joined by
/// spaces, and null an empty string.
///
/// # Errors
/// Fails only for invalid JSON.
pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Value::deserialize(deserializer).map(|value| text_of(&value))
}

/// Deserializes an optional string like [`text()`]. A blank string is `None`.
///
/// # Errors
/// Fails only for invalid JSON.
pub fn optional_text<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    text(deserializer).map(|text| Some(text).filter(|text| !text.trim().is_empty()))
}

/// Deserializes an optional string or number. Null is `None`.
///
/// # Errors
/// Fails for every other type.
pub fn text_or_number<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        value @ (Value::String(_) | Value::Number(_)) => Ok(Some(text_of(&value))),
        _ => Err(serde::de::Error::custom("expected a string or a number")),
    }
}

/// Deserializes an optional flag such as `true`, `1` or `yes`. Anything else than a clear yes or no
/// is `None`.
///
/// # Errors
/// Fails only for invalid JSON.
pub fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    text(deserializer).map(|word| parse_flag(&word))
}

/// Reads a clear yes or no, such as `true`, `1` or `off`.
#[must_use]
pub fn parse_flag(word: &str) -> Option<bool> {
    match word.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" | "on" => Some(true),
        "false" | "no" | "0" | "off" => Some(false),
        _ => None,
    }
}

fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(values) => joined(values.iter()),
        Value::Object(fields) => joined(fields.values()),
    }
}

fn joined<'a>(values: impl Iterator<Item = &'a Value>) -> String {
    values
        .map(text_of)
        .filter(|text| !text.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}
