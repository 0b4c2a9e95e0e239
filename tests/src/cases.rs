//! Tables of inputs with their expected values.

use serde_json::Value;

/// The cases of a file in `tests/cases`.
///
/// # Panics
/// When the file is missing or does not hold a list.
#[must_use]
pub fn cases(file: &str) -> Vec<Value> {
    let path = format!("{}/cases/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}
