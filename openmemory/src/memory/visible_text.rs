//! The visible part of a text, decided by the Unicode properties of its characters. Pure.

use serde_json::{Map, Value};
use text::without_controls;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

/// Letters and symbols that render as nothing: the Hangul fillers and the blank Braille pattern.
const BLANK: [char; 5] = ['\u{115F}', '\u{1160}', '\u{3164}', '\u{FFA0}', '\u{2800}'];

/// Whether the text has a visible character. White space, control and format characters, combining
/// marks, fillers and unassigned characters are invisible.
pub(crate) fn is_visible(text: &str) -> bool {
    text.chars().any(is_visible_char)
}

fn is_visible_char(letter: char) -> bool {
    let group = letter.general_category_group();
    let is_drawn = matches!(
        group,
        GeneralCategoryGroup::Letter
            | GeneralCategoryGroup::Number
            | GeneralCategoryGroup::Punctuation
            | GeneralCategoryGroup::Symbol
    );
    is_drawn && !BLANK.contains(&letter)
}

/// Applies [`without_controls`] to every string in the object, including field names.
pub(crate) fn clean(object: &Map<String, Value>) -> Map<String, Value> {
    object
        .iter()
        .map(|(name, value)| (without_controls(name).into_owned(), cleaned(value)))
        .collect()
}

fn cleaned(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(without_controls(text).into_owned()),
        Value::Array(items) => items.iter().map(cleaned).collect(),
        Value::Object(object) => Value::Object(clean(object)),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn letters_numbers_and_symbols_of_any_script_are_visible() {
        for text in [
            "a",
            "7",
            "?",
            "山",
            "🦊",
            "\u{200B}x\u{200B}",
            "e\u{301}",
            "한",
            "⠿",
            "€",
        ] {
            assert!(is_visible(text), "{text:?}");
        }
    }

    #[test]
    fn control_characters_are_removed_from_every_string() {
        let object = json!({"a\0": ["b\u{1b}", {"c": "d\0"}, 1, null, true]});
        assert_eq!(
            Value::from(clean(object.as_object().unwrap())),
            json!({"a": ["b", {"c": "d"}, 1, null, true]})
        );
    }
}
