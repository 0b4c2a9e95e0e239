//! Lenient deserializers for fields that ElevenLabs documents as optional. A field that is null,
//! missing or of another type counts as absent and never fails the rest of the message.

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// Deserializes an optional value. Null and other types are `None`.
pub(super) fn option<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let raw = <&RawValue>::deserialize(deserializer)?;
    Ok(serde_json::from_str(raw.get()).ok())
}

/// Deserializes a string or the digits of a number. Null and other types are `None`.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?.get();
    let is_number = raw.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    Ok(if is_number {
        Some(raw.to_owned())
    } else {
        serde_json::from_str(raw).ok()
    })
}

/// Deserializes a value. Null and other types give the default.
pub(super) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned + Default,
{
    option(deserializer).map(Option::unwrap_or_default)
}

/// Deserializes one object as two types, each like [`or_default`].
pub(super) fn two_views<'de, D, A, B>(deserializer: D) -> Result<(A, B), D::Error>
where
    D: Deserializer<'de>,
    A: DeserializeOwned + Default,
    B: DeserializeOwned + Default,
{
    let raw = <&RawValue>::deserialize(deserializer)?.get();
    Ok((
        serde_json::from_str(raw).unwrap_or_default(),
        serde_json::from_str(raw).unwrap_or_default(),
    ))
}

/// Deserializes a list and skips unreadable elements. Null and other types give an empty list.
pub(super) fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let raw = <&RawValue>::deserialize(deserializer)?;
    let elements: Vec<&RawValue> = serde_json::from_str(raw.get()).unwrap_or_default();
    Ok(elements
        .into_iter()
        .filter_map(|element| serde_json::from_str(element.get()).ok())
        .collect())
}

/// Returns the length of a list, whatever its elements are. Null and other types give 0.
pub(super) fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?;
    Ok(serde_json::from_str::<Vec<IgnoredAny>>(raw.get()).map_or(0, |elements| elements.len()))
}
