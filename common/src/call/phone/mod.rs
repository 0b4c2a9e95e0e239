//! Normalizes telephone numbers, so that each number has exactly one spelling.
//!
//! Carriers write `+44…`, `0044…`, `44…` or the national `020…`. Digits without a `+` may be an
//! international number, or a national number in the country of the number that was called. If two
//! different numbers are possible, neither is chosen, so that two people never share memories.

mod metadata;

use metadata::{Country, Validity, country_of, validity};

/// Permitted number of digits in an international number (ITU-T E.164), calling code included.
const E164_DIGITS: std::ops::RangeInclusive<usize> = 7..=15;
/// Minimum number of digits without a `+`. Shorter sequences are extensions, short codes or other
/// markers.
const MIN_BARE_DIGITS: usize = 7;
/// Minimum number of digits of an ambiguous number, which is kept unchanged.
const MIN_AMBIGUOUS_DIGITS: usize = 8;
/// How networks write a `+` before a number from abroad: most countries, and North America.
const INTERNATIONAL_PREFIXES: [&str; 2] = ["00", "011"];
/// Maximum number of digits, with the calling code, of a national number without its national
/// prefix. The few longer ones are company lines with extensions. With a higher limit, mobile
/// numbers of the same country in international form could be mistaken for them.
const MAX_UNPREFIXED_NATIONAL: usize = 13;

/// The digits of a telephone number, and whether a `+` preceded them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DialedNumber<'a> {
    pub(super) plus: bool,
    pub(super) digits: &'a str,
}

/// Returns the number as `+` and digits, or as bare digits if it is ambiguous. Returns `None` if it
/// is not the number of a person. `called` are the digits of the number that was called, with
/// calling code.
pub(super) fn canonical_form(number: DialedNumber<'_>, called: Option<&str>) -> Option<String> {
    let digits = number.digits;
    if is_withheld(digits) {
        None
    } else if number.plus {
        parse_after_plus(digits)
    } else if digits.len() < MIN_BARE_DIGITS {
        None
    } else {
        parse_bare(digits, called.and_then(country_of))
    }
}

/// Returns whether the digits stand for a withheld or missing number, also if a network put an
/// international prefix before them.
pub(super) fn is_withheld(digits: &str) -> bool {
    let without_prefix = INTERNATIONAL_PREFIXES
        .iter()
        .filter_map(|prefix| digits.strip_prefix(prefix));
    [digits]
        .into_iter()
        .chain(without_prefix)
        .any(|digits| is_filler(digits) || counts_up(digits) || spells_a_withheld_number(digits))
}

/// Returns the other spellings that can mean only this international number: without the `+`, with
/// `00`, and with the national prefix left in. `digits` begin with the calling code.
pub(super) fn alternative_spellings(digits: &str) -> Vec<String> {
    let mut spellings = vec![digits.to_owned(), format!("00{digits}")];
    if let Some(country) = country_of(digits).filter(|country| country.national_prefix == "0") {
        let with_prefix = format!(
            "{code}0{rest}",
            code = country.code,
            rest = &digits[country.code.len()..]
        );
        if validity(&with_prefix) == Validity::Impossible {
            spellings.push(format!("+{with_prefix}"));
        }
    }
    spellings
}

fn parse_after_plus(digits: &str) -> Option<String> {
    // Some trunks put a `+` before any number, which gives `+0044…` and `+044…`.
    let international = digits.trim_start_matches('0');
    let digits = without_national_prefix(international).unwrap_or_else(|| international.to_owned());
    E164_DIGITS
        .contains(&digits.len())
        .then(|| format!("+{digits}"))
}

/// Turns `4402071838750`, written `+44 (0)20 …`, into `442071838750`: the national prefix is not
/// dialed from abroad. Returns `None` if the number contains no such prefix.
fn without_national_prefix(digits: &str) -> Option<String> {
    let country = country_of(digits).filter(|country| country.national_prefix == "0")?;
    let national = digits[country.code.len()..].strip_prefix('0')?;
    let shorter = format!("{}{national}", country.code);
    (validity(digits) == Validity::Impossible && validity(&shorter) != Validity::Impossible)
        .then_some(shorter)
}

/// Parses digits without a `+`. Ambiguous numbers are returned unchanged if they are long enough.
fn parse_bare(digits: &str, called: Option<Country>) -> Option<String> {
    let international_prefixes = ["00"]
        .into_iter()
        .chain(called.map(|country| country.international_prefix));
    let international = international_prefixes
        .filter(|prefix| !prefix.is_empty())
        .find_map(|prefix| digits.strip_prefix(prefix));
    if let Some(number) =
        international.filter(|number| best_validity(number) != Validity::Impossible)
    {
        return parse_after_plus(number);
    }
    let interpretations = interpretations(digits, called);
    [Validity::Valid, Validity::Possible]
        .into_iter()
        .find_map(|minimum| unambiguous(&interpretations, minimum))
        .map_or_else(
            || (digits.len() >= MIN_AMBIGUOUS_DIGITS).then(|| digits.to_owned()),
            Some,
        )
}

/// Returns the validity of an international number, with or without the national prefix in it.
fn best_validity(digits: &str) -> Validity {
    validity(&without_national_prefix(digits).unwrap_or_else(|| digits.to_owned()))
}

/// Returns the international numbers that the digits can mean. They may be an international number
/// that lost its `+`, or a national number with or without its prefix.
fn interpretations(digits: &str, called: Option<Country>) -> Vec<(Validity, String)> {
    let mut interpretations = vec![(validity(digits), digits.to_owned())];
    if let Some(country) = called {
        let national = digits
            .strip_prefix(country.national_prefix)
            .filter(|_| !country.national_prefix.is_empty());
        if let Some(national) = national {
            interpretations.push(national_interpretation(country, national));
        }
        if country.code.len() + digits.len() <= MAX_UNPREFIXED_NATIONAL {
            interpretations.push(national_interpretation(country, digits));
        }
    }
    interpretations.retain(|(validity, _)| *validity != Validity::Impossible);
    interpretations
}

fn national_interpretation(country: Country, national: &str) -> (Validity, String) {
    let digits = format!("{}{national}", country.code);
    (validity(&digits), digits)
}

/// Returns the number that all interpretations of this validity or better agree on. Returns `None`
/// if there is no such interpretation or they disagree.
fn unambiguous(interpretations: &[(Validity, String)], minimum: Validity) -> Option<String> {
    let mut candidates = interpretations
        .iter()
        .filter(|(validity, _)| *validity >= minimum);
    let (_, first) = candidates.next()?;
    candidates
        .all(|(_, other)| other == first)
        .then(|| format!("+{first}"))
}

/// Returns whether the digits are a filler for "no number": one digit repeated, at most after other
/// digits. A filler after other digits must not be a valid number.
fn is_filler(digits: &str) -> bool {
    let last = digits.bytes().next_back().unwrap_or_default();
    let repeated = digits
        .bytes()
        .rev()
        .take_while(|digit| *digit == last)
        .count();
    let is_all = repeated == digits.len();
    let is_rest = repeated >= MIN_BARE_DIGITS;
    is_all || (is_rest && validity(digits) != Validity::Valid)
}

/// Returns whether the digits count up from 1, as in `1234567890`, which forms and tests use as a
/// filler. No number of this kind is valid.
fn counts_up(digits: &str) -> bool {
    digits.len() >= MIN_BARE_DIGITS && "1234567890123456".starts_with(digits)
}

/// Returns whether the digits spell a word such as ANONYMOUS on a telephone keypad. Twilio writes a
/// withheld number like this: `+266696687`. Some trunks add the calling code 1.
fn spells_a_withheld_number(digits: &str) -> bool {
    const WORDS: [&str; 5] = [
        "ANONYMOUS",
        "RESTRICTED",
        "BLOCKED",
        "UNKNOWN",
        "UNAVAILABLE",
    ];
    let national = digits.strip_prefix('1');
    let is_word = |digits: &str| {
        WORDS
            .iter()
            .any(|word| word.bytes().map(key_of).eq(digits.bytes()))
    };
    is_word(digits) || national.is_some_and(is_word)
}

/// Returns the keypad key for a letter.
fn key_of(letter: u8) -> u8 {
    match letter {
        b'A'..=b'C' => b'2',
        b'D'..=b'F' => b'3',
        b'G'..=b'I' => b'4',
        b'J'..=b'L' => b'5',
        b'M'..=b'O' => b'6',
        b'P'..=b'S' => b'7',
        b'T'..=b'V' => b'8',
        _ => b'9',
    }
}
