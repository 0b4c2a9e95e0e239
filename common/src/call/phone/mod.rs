//! From the digits of a telephone number, as a carrier wrote them, to one spelling for one number.
//!
//! Carriers write `+44…`, `0044…`, `44…` or the national `020…`. Digits without a `+` are read as
//! what they can be: an international number, or a national number in the country of the number
//! that was called. Where two different numbers fit, none is chosen, so that two people never share
//! one memory.

mod metadata;

use metadata::{Country, Standing, country_of, standing};

/// Fewest and most digits of an international number (ITU-T E.164), calling code included.
const E164_DIGITS: std::ops::RangeInclusive<usize> = 7..=15;
/// Fewest digits that are taken without a `+`: shorter ones are extensions, short codes and other
/// markers.
const MIN_BARE_DIGITS: usize = 7;
/// Fewest digits that are kept as they came where no reading is certain.
const MIN_UNREAD_DIGITS: usize = 8;
/// Most digits of a number that is read as national although no national prefix says so. The few
/// longer ones are company lines with extensions; mobile numbers of the same country in
/// international form would be taken for them.
const MAX_UNMARKED_NATIONAL: usize = 13;

/// The digits of a telephone number, and whether a `+` stood before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dialled<'a> {
    pub(super) plus: bool,
    pub(super) digits: &'a str,
}

/// The number as `+` and digits; as bare digits where it is not certain which number it is; `None`
/// where it is no number of a person. `called` are the digits of the number that was called, with
/// calling code.
pub(super) fn spelled(number: Dialled<'_>, called: Option<&str>) -> Option<String> {
    let digits = number.digits;
    if is_withheld(digits) {
        None
    } else if number.plus {
        after_plus(digits)
    } else if digits.len() < MIN_BARE_DIGITS {
        None
    } else {
        bare(digits, called.and_then(country_of))
    }
}

/// Whether the digits stand for a number that is withheld or missing.
pub(super) fn is_withheld(digits: &str) -> bool {
    is_filler(digits) || spells_a_withheld_number(digits)
}

/// Other spellings of an international number that can mean no other number: without the `+`, after
/// `00`, and with the national prefix left in it. `digits` begin with the calling code.
pub(super) fn other_spellings(digits: &str) -> Vec<String> {
    let mut spellings = vec![digits.to_owned(), format!("00{digits}")];
    if let Some(country) = country_of(digits).filter(|country| country.national_prefix == "0") {
        let doubled = format!(
            "{code}0{rest}",
            code = country.code,
            rest = &digits[country.code.len()..]
        );
        if standing(&doubled) == Standing::Impossible {
            spellings.push(format!("+{doubled}"));
        }
    }
    spellings
}

fn after_plus(digits: &str) -> Option<String> {
    // `+0044…` and `+044…` come from trunks that put a `+` before whatever they have.
    let digits = digits.trim_start_matches('0');
    let digits = without_inner_prefix(digits).unwrap_or_else(|| digits.to_owned());
    E164_DIGITS
        .contains(&digits.len())
        .then(|| format!("+{digits}"))
}

/// `442071838750` out of `4402071838750`, which is `+44 (0)20 …`: the national prefix is not
/// dialled from abroad.
fn without_inner_prefix(digits: &str) -> Option<String> {
    let country = country_of(digits).filter(|country| country.national_prefix == "0")?;
    let national = digits[country.code.len()..].strip_prefix('0')?;
    let shorter = format!("{}{national}", country.code);
    (standing(digits) == Standing::Impossible && standing(&shorter) != Standing::Impossible)
        .then_some(shorter)
}

fn bare(digits: &str, called: Option<Country>) -> Option<String> {
    let abroad = ["00"]
        .into_iter()
        .chain(called.map(|country| country.international_prefix));
    let dialled = abroad
        .filter(|prefix| !prefix.is_empty())
        .find_map(|prefix| digits.strip_prefix(prefix));
    if let Some(number) = dialled.filter(|number| surest(number) != Standing::Impossible) {
        return after_plus(number);
    }
    let readings = readings(digits, called);
    [Standing::Valid, Standing::Possible]
        .into_iter()
        .find_map(|least| the_only(readings.iter().filter(|(standing, _)| *standing >= least)))
        .map_or_else(
            || (digits.len() >= MIN_UNREAD_DIGITS).then(|| digits.to_owned()),
            Some,
        )
}

fn surest(digits: &str) -> Standing {
    standing(&without_inner_prefix(digits).unwrap_or_else(|| digits.to_owned()))
}

/// What the digits can mean: an international number whose `+` was lost, a national number with or
/// without its prefix.
fn readings(digits: &str, called: Option<Country>) -> Vec<(Standing, String)> {
    let mut readings = vec![(standing(digits), digits.to_owned())];
    if let Some(country) = called {
        let national = digits
            .strip_prefix(country.national_prefix)
            .filter(|_| !country.national_prefix.is_empty());
        if let Some(national) = national {
            readings.push(reading(country, national));
        }
        if country.code.len() + digits.len() <= MAX_UNMARKED_NATIONAL {
            readings.push(reading(country, digits));
        }
    }
    readings.retain(|(standing, _)| *standing != Standing::Impossible);
    readings
}

fn reading(country: Country, national: &str) -> (Standing, String) {
    let whole = format!("{}{national}", country.code);
    (standing(&whole), whole)
}

/// The number that all readings agree on; nothing where there are none, or where two numbers fit.
fn the_only<'a>(mut readings: impl Iterator<Item = &'a (Standing, String)>) -> Option<String> {
    let (_, first) = readings.next()?;
    readings
        .all(|(_, other)| other == first)
        .then(|| format!("+{first}"))
}

/// Digits that stand for "no number": one digit over and over, after a calling code at most, and
/// not in use.
fn is_filler(digits: &str) -> bool {
    let last = digits.bytes().next_back().unwrap_or_default();
    let repeated = digits
        .bytes()
        .rev()
        .take_while(|digit| *digit == last)
        .count();
    let is_all = repeated == digits.len();
    let is_rest = repeated + 3 >= digits.len() && repeated >= MIN_BARE_DIGITS;
    is_all || (is_rest && standing(digits) != Standing::Valid)
}

/// Twilio writes a withheld number as its word on a telephone's keys: `+266696687` is ANONYMOUS.
/// Some trunks put their own calling code, 1, before it.
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

/// The key of a telephone that carries a letter.
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
