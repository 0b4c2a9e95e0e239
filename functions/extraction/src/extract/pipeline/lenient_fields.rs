//! Reads fields of a model's answer in the forms that models use: a number as text, a list as one
//! text, an enum in capitals.

use common::memory::Category;
use serde_json::{Map, Value};
use text::nfc;

/// Texts that mean "no value".
const NOTHING: [&str; 7] = ["", "-", "null", "none", "nil", "n/a", "undefined"];

/// The fields of an object, found by name regardless of case and separators.
pub(crate) struct Fields(Vec<(String, Value)>);

impl Fields {
    pub(crate) fn new(object: Map<String, Value>) -> Self {
        Self(
            object
                .into_iter()
                .map(|(name, value)| (plain(&name), value))
                .collect(),
        )
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        let name = plain(name);
        self.0
            .iter()
            .find(|(other, _)| *other == name)
            .map(|(_, value)| value)
    }

    pub(crate) fn take(&mut self, name: &str) -> Value {
        let name = plain(name);
        let value = self
            .0
            .iter_mut()
            .find(|(other, _)| *other == name)
            .map(|(_, value)| value.take());
        value.unwrap_or_default()
    }
}

/// Reads a text. A list of texts is joined with `between`.
pub(crate) fn text(value: Value, between: &str) -> Option<String> {
    let text = match value {
        Value::String(text) => nfc(text.trim()),
        Value::Number(number) => number.to_string(),
        Value::Array(values) => values
            .into_iter()
            .filter_map(|value| text(value, between))
            .collect::<Vec<_>>()
            .join(between),
        Value::Null | Value::Bool(_) | Value::Object(_) => return None,
    };
    Some(text).filter(|text| is_something(text))
}

/// Reads a whole number: `7`, `7.0`, `"7"`, `"7/10"`, `"turn 7"`.
pub(crate) fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| rounded(number.as_f64()?)),
        Value::String(text) => first_number(text),
        _ => None,
    }
}

pub(crate) fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => number.as_f64().map(|number| number != 0.0),
        Value::String(text) => match plain(text).as_str() {
            "true" | "yes" | "1" => Some(true),
            "false" | "no" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// Reads a list of texts. A single text is split at the separators; an object in the list counts as
/// its first text.
pub(crate) fn list(value: Value, separators: &[char]) -> Vec<String> {
    match value {
        Value::Array(values) => values.into_iter().filter_map(item).collect(),
        Value::String(text) => {
            let parts = text
                .split(|c| separators.contains(&c))
                .map(|part| part.trim().trim_start_matches(['-', '*', '•']));
            parts
                .map(str::trim)
                .filter(|part| is_something(part))
                .map(nfc)
                .collect()
        }
        other => item(other).into_iter().collect(),
    }
}

/// Reads a category in any case, in the plural, or with blanks around it.
pub(crate) fn category(value: &Value) -> Option<Category> {
    let name = plain(value.as_str()?);
    let is_it = |category: &Category| {
        name == category.as_str() || name.strip_suffix('s') == Some(category.as_str())
    };
    Category::ALL.into_iter().find(is_it)
}

fn item(value: Value) -> Option<String> {
    match value {
        Value::Object(object) => object
            .into_iter()
            .find_map(|(_, value)| value.as_str().map(nfc)),
        other => text(other, " "),
    }
}

fn is_something(text: &str) -> bool {
    !NOTHING.contains(&text.to_lowercase().as_str())
}

/// Reduces a name to its letters and digits, in lower case.
fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

fn first_number(text: &str) -> Option<i64> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let rest = &text[start..];
    let end = rest
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(rest.len());
    let number = rounded(rest[..end].trim_end_matches('.').parse().ok()?)?;
    Some(if text[..start].ends_with('-') {
        -number
    } else {
        number
    })
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "casts from floats saturate"
)]
fn rounded(number: f64) -> Option<i64> {
    number.is_finite().then(|| number.round() as i64)
}
