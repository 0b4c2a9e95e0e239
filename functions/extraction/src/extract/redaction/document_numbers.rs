//! Numbers of documents that identify a person, such as passports and national ids.

use std::sync::LazyLock;

use regex::Regex;
use text::numbers::{Run, digit_value};
use text::{Token, is_listed};

use super::secret_labels::{SecretKind, labels};
use super::secrets::{ID_MASK, label_before, pattern};
use crate::extract::language::tokens::tokens;

/// Fewest letters and digits of a document's number, and fewest digits among them.
const MIN_LENGTH: usize = 5;
const MIN_DIGITS: usize = 2;
/// Digits of a French social security number, without its key of two digits.
const NIR_DIGITS: usize = 13;

/// Masks numbers that are a document's number by their format, or by the name of the document
/// before them.
pub(super) fn mask_document_numbers(text: &str) -> String {
    let without_formats = FORMATS.replace_all(text, ID_MASK);
    let without_nir = NIR.replace_all(&without_formats, |found: &regex::Captures<'_>| {
        let is_valid = has_nir_key(&found[0]);
        if is_valid { ID_MASK } else { &found[0] }.to_owned()
    });
    mask_named_numbers(&without_nir)
}

fn mask_named_numbers(text: &str) -> String {
    let tokens = tokens(text);
    let labels = labels(&tokens);
    let is_id = |secret| secret == Some(SecretKind::Id);
    if !labels.iter().any(|label| is_id(label.secret)) {
        return text.to_owned();
    }
    let mask = |found: &regex::Captures<'_>| {
        let start = found.get(0).map_or(0, |number| number.start());
        let token = tokens.partition_point(|token| token.range.start < start);
        let label = label_before(&tokens, &labels, token);
        let is_secret = label.is_some_and(|label| is_id(label.secret));
        let masked = is_secret && is_document_number(&found[0]);
        if masked { ID_MASK } else { &found[0] }.to_owned()
    };
    NUMBER.replace_all(text, mask).into_owned()
}

fn is_document_number(number: &str) -> bool {
    let digits = number.chars().filter(|c| digit_value(*c).is_some()).count();
    let length = number.chars().filter(|c| c.is_alphanumeric()).count();
    length >= MIN_LENGTH && digits >= MIN_DIGITS && !is_date(number)
}

/// Returns whether a number is a date such as 2027-03-12, on which a document expires.
pub(super) fn is_date(number: &str) -> bool {
    DATE.is_match(number)
}

/// Returns whether a number is a year behind a preposition: a passport "from 1998".
pub(super) fn is_year(tokens: &[Token<'_>], run: &Run) -> bool {
    let digits = run.digits();
    let is_year = digits.len() == 4 && (digits.starts_with("19") || digits.starts_with("20"));
    let before = run.tokens.start.checked_sub(1);
    is_year && before.is_some_and(|before| is_listed(&tokens[before].lower, PREPOSITIONS))
}

/// Returns whether the last two digits are the key of the others. Other numbers of this length
/// pass once in a hundred.
fn has_nir_key(number: &str) -> bool {
    let digits: Vec<u32> = number.chars().filter_map(digit_value).collect();
    let value = |digits: &[u32]| {
        let digits = digits.iter().map(|digit| u64::from(*digit));
        digits.fold(0, |value, digit| value * 10 + digit)
    };
    let (number, key) = digits.split_at(NIR_DIGITS.min(digits.len()));
    97 - value(number) % 97 == value(key)
}

/// Formats that no ordinary number has, with spaces or dashes as people write them: the US social
/// security number, the Spanish DNI and NIE, the Italian codice fiscale, the British national
/// insurance number in groups, the Brazilian CPF, the Swiss AHV number and the Indian PAN.
static FORMATS: LazyLock<Regex> = LazyLock::new(|| {
    let formats = [
        r"\d{3}[- ]\d{2}[- ]\d{4}",
        r"(?:\d{8}|[XYZ]\d{7})[- ]?[A-HJ-NP-TV-Z]",
        r"(?i:[A-Z]{3} ?[A-Z]{3} ?\d{2} ?[A-EHLMPRST] ?\d{2} ?[A-Z] ?\d{3} ?[A-Z])",
        r"[A-Z]{2}[ -]\d{2}[ -]\d{2}[ -]\d{2}[ -][A-D]",
        r"\d{3}\.\d{3}\.\d{3}-\d{2}",
        r"756\.\d{4}\.\d{4}\.\d{2}",
        r"[A-Z]{3}[ABCFGHLJPT][A-Z]\d{4}[A-Z]",
    ];
    pattern(&format!(r"\b(?:{})\b", formats.join("|")))
});
/// A French social security number: sex, year, month, place, number and key.
static NIR: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b[12] ?\d{2} ?(?:0[1-9]|1[0-2]) ?\d{2} ?\d{3} ?\d{3} ?\d{2}\b"));
/// Letters and digits in groups, each with a digit. The check letter may stand alone, unless it is
/// a word.
static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b[A-Za-z]{0,8}\d[A-Za-z0-9]*(?:[ /-](?:\d[A-Za-z0-9]*|[A-Z]{1,3}\d[A-Z0-9]*|[B-HJ-Z]))*\b",
    )
});
/// Prepositions before a year, in eight languages.
const PREPOSITIONS: &str = "\
    in from since until of before after en de desde hasta del im seit von bis vor nach aus depuis \
    avant dal nel del dall fino em até desde sinds van tot uit voor na od do w z przed po";
static DATE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?:\d{4}-\d{2}-\d{2}|\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4})$"));

#[cfg(test)]
mod tests {
    use super::super::secrets::mask;

    #[test]
    fn numbers_in_the_format_of_an_id_are_masked_without_a_label() {
        for number in [
            "078-05-1120",
            "12345678Z",
            "X1234567L",
            "RSSMRA85T10A562S",
            "rssmra85t10a562s",
            "RSS MRA 85T10 A562S",
            "QQ 12 34 56 C",
            "111.444.777-35",
            "756.1234.5678.97",
            "ABCPE1234F",
            "1 85 05 78 006 084 91",
            "185057800608491",
        ] {
            let text = format!("Sure, {number} is what it says.");
            assert_eq!(
                mask(&text),
                "Sure, [id number] is what it says.",
                "{number}"
            );
        }
    }

    #[test]
    fn numbers_after_the_name_of_a_document_are_masked() {
        for (said, masked) in [
            (
                "My passport number is XDDABC123, issued in Rome",
                "My passport number is [id number], issued in Rome",
            ),
            (
                "my passport is c01x00t47 and I live here",
                "my passport is [id number] and I live here",
            ),
            (
                "It's my NHS number, 943 476 5919",
                "It's my NHS number, [id number]",
            ),
            (
                "Mon numéro de sécu, c'est le 85 05 78 006",
                "Mon numéro de sécu, c'est le [id number]",
            ),
            (
                "moje prawo jazdy to 00123/45/6789",
                "moje prawo jazdy to [id number]",
            ),
            (
                "Meine Steuer-ID lautet 65 929 970 489",
                "Meine Steuer-ID lautet [id number]",
            ),
            ("mi dni es 12345678", "mi dni es [id number]"),
            ("Passaporto YA1234567", "Passaporto [id number]"),
            (
                "Mein Personalausweis hat die Nummer L01X00T47",
                "Mein Personalausweis hat die Nummer [id number]",
            ),
            ("my social is 2014", "my social is [id number]"),
        ] {
            assert_eq!(mask(said), masked, "{said}");
        }
    }

    #[test]
    fn other_numbers_stay() {
        for text in [
            "The passport expires on 12 March 2027",
            "My passport expires in 2027 and I fly on the 14th",
            "I need 2 passport photos 35x45 mm",
            "The passport office on 12345 Main Street",
            "Mi DNI lo renové en 2019, vivo en Calle Sol 12345",
            "My passport is fine, the number of guests is 120",
            "The passport expires on 2027-03-12",
            "The passport expires on 12/03/2027",
            "I lost my passport, my order number is AB1234567",
            "My passport is in room 12345 of the hotel",
            "Tracking number 285057800608414",
            "Part ABX-1234-F and part 12.345.678",
            "Flight BA 1234, seat 12A",
            "Call +33 1 85 05 78 00",
            "The model is KX-1234-AB, version 1.2.3",
        ] {
            assert_eq!(mask(text), text);
        }
    }
}
