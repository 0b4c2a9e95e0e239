//! Reads tables of inputs and expected values.

use serde_json::Value;

/// Reads the cases of a file in `tests/cases`.
///
/// # Panics
/// If the file is missing or is not a JSON list.
#[must_use]
pub fn cases(file: &str) -> Vec<Value> {
    let path = format!("{}/cases/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}
