//! Secrets, which are never stored and never sent to a model: card numbers, codes, passwords and
//! national ids.

use std::sync::LazyLock;

use regex::{Captures, Regex};
use text::Token;
use text::numbers::{Run, digit_value, number_of_word, runs_of};

use super::document_numbers::{is_date, is_year, mask_document_numbers};
use super::password_words::describes_state;
use super::secret_labels::{Label, SecretKind, labels};
use crate::extract::language::tokens::tokens;

/// Fewest digits of a secret. Shorter numbers are days, counts of people and the like.
pub(crate) const MIN_DIGITS: usize = 3;
/// Most other numbers before or after a card number in the same run.
const MAX_OTHER_NUMBERS: usize = 1;
/// Most groups in which a card number is written.
const MAX_CARD_GROUPS: usize = 6;
/// Fewest digits of an account number after another number of the account.
const MIN_ACCOUNT_DIGITS: usize = 6;
/// Most words between a label and its number: "the verification code I got on my phone is".
const MAX_FROM_LABEL: usize = 8;

/// Replaces card numbers, one-time codes, passwords, account numbers and government ids by masks
/// that name their kind.
pub(crate) fn mask(text: &str) -> String {
    let without_passwords = PASSWORD.replace_all(text, |found: &Captures<'_>| {
        if describes_state(&found[2]) {
            found[0].to_owned()
        } else {
            format!("{}{PASSWORD_MASK}", &found[1])
        }
    });
    if count_digits(&without_passwords) < MIN_DIGITS {
        return mask_numbers(&without_passwords);
    }
    let without_accounts = IBAN.replace_all(&without_passwords, ACCOUNT_MASK);
    mask_numbers(&mask_document_numbers(&without_accounts))
}

fn count_digits(text: &str) -> usize {
    text.chars().filter(|c| digit_value(*c).is_some()).count()
}

/// Masks numbers that are card numbers by their digits, or secret by the label before them.
fn mask_numbers(text: &str) -> String {
    let tokens = tokens(text);
    let runs = runs_of(text, &tokens);
    if runs.iter().all(|run| run.digit_count() < MIN_DIGITS) {
        return text.to_owned();
    }
    let labels = labels(&tokens);
    mask_runs(text, &runs, |run| {
        if holds_card(run) {
            return Some(CARD_MASK);
        }
        let label = label_of(&tokens, &labels, run)?;
        let is_id = label.secret == Some(SecretKind::Id);
        if is_id && (is_date(&text[run.range.clone()]) || is_year(&tokens, run)) {
            return None;
        }
        (run.digit_count() >= MIN_DIGITS && label.secret != Some(SecretKind::Password))
            .then(|| label.secret.map(mask_for))?
    })
}

/// Replaces the runs for which `mask` returns a mask.
pub(crate) fn mask_runs<'m>(
    text: &str,
    runs: &[Run],
    mask: impl Fn(&Run) -> Option<&'m str>,
) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut end = 0;
    for run in runs {
        if let Some(mask) = mask(run) {
            masked.push_str(&text[end..run.range.start]);
            masked.push_str(mask);
            end = run.range.end;
        }
    }
    masked.push_str(&text[end..]);
    masked
}

/// Returns the label of a number. An account has several: the account number after the sort code
/// has the same label.
fn label_of<'l>(tokens: &[Token<'_>], labels: &'l [Label], run: &Run) -> Option<&'l Label> {
    label_before(tokens, labels, run.tokens.start).or_else(|| {
        let label = last_label(tokens, labels, run.tokens.start)?;
        let is_account = label.secret == Some(SecretKind::Account);
        (is_account && run.digit_count() >= MIN_ACCOUNT_DIGITS).then_some(label)
    })
}

/// Returns the label of the number at a token: the last one before it in its sentence, with no
/// other number between them.
pub(crate) fn label_before<'l>(
    tokens: &[Token<'_>],
    labels: &'l [Label],
    at: usize,
) -> Option<&'l Label> {
    let label = last_label(tokens, labels, at)?;
    let between = &tokens[label.tokens.end..at];
    let is_clear = between
        .iter()
        .all(|token| !token.text.starts_with('[') && number_of_word(&token.lower).is_none());
    is_clear.then_some(label)
}

/// Returns the last label before a token in its sentence.
fn last_label<'l>(tokens: &[Token<'_>], labels: &'l [Label], at: usize) -> Option<&'l Label> {
    let label = labels.iter().rfind(|label| label.tokens.end <= at)?;
    let up_to = tokens.get(label.tokens.end..=at)?;
    let is_near = up_to.len() <= MAX_FROM_LABEL + 1;
    (is_near && up_to.iter().all(|token| !token.begins_sentence)).then_some(label)
}

/// Returns the mask of a kind of secret.
pub(crate) fn mask_for(secret: SecretKind) -> &'static str {
    match secret {
        SecretKind::Card | SecretKind::Expiry => CARD_MASK,
        SecretKind::Account => ACCOUNT_MASK,
        SecretKind::Id => ID_MASK,
        SecretKind::Code | SecretKind::Password => CODE_MASK,
    }
}

pub(crate) const CARD_MASK: &str = "[card number]";
pub(crate) const ACCOUNT_MASK: &str = "[account number]";
pub(crate) const ID_MASK: &str = "[id number]";
pub(crate) const CODE_MASK: &str = "[code]";
pub(crate) const PASSWORD_MASK: &str = "[password]";
/// Number of digits of a payment card.
const CARD_DIGITS: std::ops::RangeInclusive<usize> = 13..=19;

/// The digits that people write: Latin, Arabic, Persian, Devanagari and full width. `\d` matches
/// sixty more kinds, and a pattern that repeats it about forty times takes megabytes, and
/// milliseconds to compile.
const DIGIT: &str = "[0-9٠-٩۰-۹०-९０-９]";

/// Compiles a pattern in which `\d` stands for [`DIGIT`].
#[expect(
    clippy::expect_used,
    reason = "literal patterns, all compiled by tests"
)]
pub(crate) fn pattern(pattern: &str) -> Regex {
    Regex::new(&pattern.replace(r"\d", DIGIT)).expect("the pattern is valid")
}

static IBAN: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){3,7}(?:[ ]?[A-Z0-9]{1,3})?\b"));
static PASSWORD: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)(\b(?:password|passphrase|passwort|kennwort|contraseña|mot de passe|palavra-passe|senha|wachtwoord|hasło)\b\s*",
        r#"(?:is|was|:|=|ist|lautet|es|c['’]est|est|è|é|jest|to)\s*["“']?)([^\s,;"”\[]+)"#,
    ))
});

/// Returns whether a run is a card number, perhaps with other numbers beside it.
fn holds_card(run: &Run) -> bool {
    let groups = &run.groups;
    run.digit_count() >= *CARD_DIGITS.start()
        && (0..=MAX_OTHER_NUMBERS).any(|before| {
            (0..=MAX_OTHER_NUMBERS)
                .filter_map(|after| groups.get(before..groups.len().saturating_sub(after)))
                .any(|part| {
                    // If digits are said one by one, any part of them could be a card number.
                    let is_plausible = part.len() == groups.len() || part.len() <= MAX_CARD_GROUPS;
                    is_plausible && is_card(&part.concat())
                })
        })
}

/// Returns whether the digits of a text are those of a payment card.
pub(crate) fn is_card(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(digit_value).collect();
    passes_luhn(&digits)
}

fn passes_luhn(digits: &[u32]) -> bool {
    let doubled = |digit: u32| if digit > 4 { 2 * digit - 9 } else { 2 * digit };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            if place % 2 == 1 {
                doubled(*digit)
            } else {
                *digit
            }
        })
        .sum();
    CARD_DIGITS.contains(&digits.len()) && sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn card_numbers_are_masked_in_any_notation() {
        for card in [
            "4111111111111111",
            "4111 1111 1111 1111",
            "4111-1111-1111-1111",
            "378282246310005",
        ] {
            assert_eq!(
                mask(&format!("My card is {card}, thanks.")),
                "My card is [card number], thanks."
            );
        }
        let spoken = "four one one one one one one one one one one one one one one one";
        assert_eq!(
            mask(&format!("it's {spoken} okay")),
            "it's [card number] okay"
        );
    }

    #[test]
    fn card_numbers_are_masked_in_every_kind_of_digits() {
        for zero in ['0', '٠', '۰', '०', '０'] {
            let figure = |digit: char| {
                char::from_u32(u32::from(zero) + digit.to_digit(10).unwrap()).unwrap()
            };
            let card: String = "4111111111111111".chars().map(figure).collect();
            assert_eq!(mask(&format!("so {card} okay")), "so [card number] okay");
            let spoken = card
                .chars()
                .map(String::from)
                .collect::<Vec<_>>()
                .join(" um ");
            assert_eq!(mask(&format!("so {spoken} okay")), "so [card number] okay");
        }
    }

    #[test]
    fn spoken_cards_and_codes_are_masked_with_gaps_and_in_other_languages() {
        let ones = |one: &str, count: usize| vec![one; count].join(" ");
        for spoken in [
            format!(
                "four one one one, uh, {} um {}",
                ones("one", 4),
                ones("one", 8)
            ),
            format!("quatre {}", ones("un", 15)),
            format!("quattro {}", ones("uno", 15)),
            format!("vier {} äh {}", ones("eins", 7), ones("eins", 8)),
            "4111, 1111, 1111, 1111".to_owned(),
        ] {
            assert_eq!(
                mask(&format!("so {spoken} okay")),
                "so [card number] okay",
                "{spoken}"
            );
        }
        assert_eq!(
            mask("le code est quatre deux sept un"),
            "le code est [code]"
        );
        assert_eq!(
            mask("der Code ist vier zwei sieben eins"),
            "der Code ist [code]"
        );
        assert_eq!(mask("uno, due o tre domande"), "uno, due o tre domande");
    }

    #[test]
    fn numbers_that_are_not_cards_stay() {
        for text in [
            "Order 7712 of 2025-11-12",
            "Tracking 1234567890123456",
            "Call +12025550142",
            "XYZ-789",
            "I have two or three questions",
            "To nie jest zamówienie 77120",
            "Das war noch nie so, 77120",
        ] {
            assert_eq!(mask(text), text);
        }
    }

    #[test]
    fn codes_and_passwords_are_masked() {
        assert_eq!(mask("The code is 482913."), "The code is [code].");
        assert_eq!(mask("my PIN 4711"), "my PIN [code]");
        assert_eq!(
            mask("the verification code I got is four two seven one"),
            "the verification code I got is [code]"
        );
        assert_eq!(
            mask("My password is hunter2, ok?"),
            "My password is [password], ok?"
        );
        assert_eq!(mask("zip code 90210"), "zip code 90210");
    }

    #[test]
    fn government_ids_and_account_numbers_are_masked() {
        assert_eq!(mask("SSN 078-05-1120"), "SSN [id number]");
        assert_eq!(mask("Mi DNI es 12345678Z"), "Mi DNI es [id number]");
        assert_eq!(mask("NIE: 1234567"), "NIE: [id number]");
        assert_eq!(mask("mi dni es 12345678"), "mi dni es [id number]");
        assert_eq!(
            mask("My passport number is C01X00T47."),
            "My passport number is [id number]."
        );
        assert_eq!(
            mask("DE89 3704 0044 0532 0130 00 is my account"),
            "[account number] is my account"
        );
    }

    proptest! {
        #[test]
        fn no_card_number_survives(prefix in "[a-z ]{0,20}", digits in proptest::collection::vec(0u32..10, 12..=18), separator in "[ -]?", suffix in " [a-z]{0,10}") {
            // After "ssn", a number is masked as what it is called.
            prop_assume!(!mask(&format!("{prefix} 123456")).contains(ID_MASK));
            let check = (0..10).find(|check| passes_luhn(&[digits.as_slice(), &[*check]].concat())).unwrap();
            let all_digits: Vec<String> = digits.iter().chain([&check]).map(ToString::to_string).collect();
            let number = all_digits.chunks(4).map(|group| group.concat()).collect::<Vec<_>>().join(&separator);
            let masked = mask(&format!("{prefix} {number}{suffix}"));
            prop_assert!(masked.contains(CARD_MASK), "{masked}");
            prop_assert!(!masked.contains(&number));
        }

        #[test]
        fn masking_twice_changes_nothing_more(text in "\\PC{0,120}") {
            let once = mask(&text);
            prop_assert_eq!(mask(&once), once);
        }
    }
}
