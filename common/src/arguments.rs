//! Arguments that a language model or a dashboard filled in. They come in slightly other types than
//! asked for: numbers for texts, lists for one text, `"null"` for nothing, variables that nobody
//! resolved. None of that may end a look-up in the middle of a call.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Reads a text: a number as its digits, a list or an object as its texts one after the other, null
/// as an empty text.
///
/// # Errors
/// Never for JSON that can be read.
pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Value::deserialize(deserializer).map(|value| words_of(&value))
}

/// Reads an optional text: as [`text()`], and `None` where nothing is in it.
///
/// # Errors
/// Never for JSON that can be read.
pub fn optional_text<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    text(deserializer).map(|text| Some(text).filter(|text| !text.trim().is_empty()))
}

/// Reads an optional text that may be a number; `None` for null.
///
/// # Errors
/// For every other type.
pub fn text_or_number<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        value @ (Value::String(_) | Value::Number(_)) => Ok(Some(words_of(&value))),
        _ => Err(serde::de::Error::custom("neither a text nor a number")),
    }
}

/// Reads an optional flag: `true`, `1` and the words for it. What says neither yes nor no is no
/// flag.
///
/// # Errors
/// Never for JSON that can be read.
pub fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    text(deserializer).map(|word| match word.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" | "on" => Some(true),
        "false" | "no" | "0" | "off" => Some(false),
        _ => None,
    })
}

fn words_of(value: &Value) -> String {
    let joined = |values: &mut dyn Iterator<Item = &Value>| {
        let texts = values.map(words_of).filter(|text| !text.is_empty());
        texts.collect::<Vec<_>>().join(" ")
    };
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(values) => joined(&mut values.iter()),
        Value::Object(fields) => joined(&mut fields.values()),
    }
}
