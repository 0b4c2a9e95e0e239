use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Case {
    value: String,
    is_placeholder: bool,
}

#[derive(Deserialize)]
struct Item {
    label: String,
    value: String,
    says_nothing: bool,
}

#[test]
fn a_value_that_only_says_that_nothing_is_known_is_a_placeholder() {
    let cases: Vec<Case> =
        serde_json::from_str(include_str!("../../../../tests/cases/placeholders.json")).unwrap();
    for Case {
        value,
        is_placeholder: expected,
    } in cases
    {
        assert_eq!(is_placeholder(&value), expected, "{value}");
    }
}

#[test]
fn the_value_of_an_item_says_nothing_if_it_denies_only_what_has_no_content() {
    let file = include_str!("../../../../tests/cases/empty-items.json");
    let items: Vec<Item> = serde_json::from_str(file).unwrap();
    let mut wrong = Vec::new();
    for item in items {
        if says_nothing(&item.value, &item.label) != item.says_nothing {
            wrong.push(format!("{}: {}", item.label, item.value));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_placeholder_with_decomposed_letters_is_recognised() {
    assert!(is_placeholder("Vaci\u{301}o"));
}

#[test]
fn redaction_tokens_are_replaced_within_a_text() {
    let text = "[NAME] lives at [ADDRESS_1], 5 < 7 [card number] [A] <b>";
    assert_eq!(
        without_redactions(text),
        "… lives at …, 5 < 7 [card number] [A] <b>"
    );
    assert!(!is_redacted("[keypad input]"));
    assert!(is_without_value("His phone number is …."));
}
