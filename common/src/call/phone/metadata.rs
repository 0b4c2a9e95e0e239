//! libphonenumber's metadata about the world's telephone numbers, embedded as a table.
//!
//! `common/phone-metadata/run` generates the table: a state machine over the digits of a number,
//! followed by one row for each calling code.

/// The table. `common/phone-metadata/generate.py` describes its layout.
static TABLE: &[u8] = include_bytes!("metadata.bin");

/// Size of the table's header, in bytes.
const HEADER: usize = 4;
/// Size of one state, in bytes: a 16-bit entry for each digit.
const STATE: usize = 20;
/// Size of a country's row, in bytes.
const COUNTRY: usize = 12;
/// Size of the calling code in a country's row, in bytes.
const CODE: usize = 3;
const FIRST_STATE: u16 = 1;
/// Flag of an entry: a valid number ends here.
const VALID: u16 = 0x8000;
/// Flag of an entry: a number of the right form and length ends here.
const POSSIBLE: u16 = 0x4000;

/// How certain it is that a sequence of digits is an international number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Validity {
    /// No country has numbers of this form.
    Impossible,
    /// Form and length fit the country, but the range is not assigned.
    Possible,
    /// The number belongs to an assigned range.
    Valid,
}

/// The prefixes of a country, or of the main country if several share a calling code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Country {
    /// The digits of the calling code, such as `44`.
    pub(super) code: &'static str,
    /// The prefix of national numbers, such as `0`. Empty if the country has none.
    pub(super) national_prefix: &'static str,
    /// The prefix of international numbers, such as `011`. Empty if it is not a fixed sequence of
    /// digits.
    pub(super) international_prefix: &'static str,
}

/// Classifies digits that begin with a calling code.
pub(super) fn validity(digits: &str) -> Validity {
    let mut state = FIRST_STATE;
    for digit in digits.bytes() {
        state = entry(state, digit.wrapping_sub(b'0')) & !(VALID | POSSIBLE);
        if state == 0 {
            return Validity::Impossible;
        }
    }
    match entry(state, 0) {
        flags if flags & VALID != 0 => Validity::Valid,
        flags if flags & POSSIBLE != 0 => Validity::Possible,
        _ => Validity::Impossible,
    }
}

/// Returns the country whose calling code these digits begin with.
pub(super) fn country_of(digits: &str) -> Option<Country> {
    let countries = HEADER + usize::from(number_at(0)) * STATE;
    let mut rows = TABLE
        .get(countries..)?
        .chunks_exact(COUNTRY)
        .take(usize::from(number_at(2)));
    let is_code = |row: &&[u8]| digits.as_bytes().starts_with(row[..CODE].trim_ascii_end());
    rows.find(is_code).and_then(read_country)
}

fn read_country(row: &'static [u8]) -> Option<Country> {
    let text = |at: usize, length: usize| std::str::from_utf8(row.get(at..at + length)?).ok();
    Some(Country {
        code: text(0, CODE)?.trim_end(),
        national_prefix: text(4, usize::from(row[3]))?,
        international_prefix: text(8, usize::from(row[7]))?,
    })
}

fn entry(state: u16, digit: u8) -> u16 {
    match digit {
        0..=9 => number_at(HEADER + (usize::from(state) - 1) * STATE + usize::from(digit) * 2),
        _ => 0,
    }
}

fn number_at(at: usize) -> u16 {
    TABLE
        .get(at..at + 2)
        .map_or(0, |bytes| u16::from_le_bytes([bytes[0], bytes[1]]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_possible_and_impossible_numbers_are_distinguished() {
        for (digits, expected) in [
            ("442071838750", Validity::Valid),
            ("4915112345678", Validity::Valid),
            ("12025550142", Validity::Valid),
            ("15551234567", Validity::Possible),
            ("2025550142", Validity::Impossible),
            ("4402071838750", Validity::Impossible),
            ("1001", Validity::Impossible),
            ("", Validity::Impossible),
            ("44 20", Validity::Impossible),
        ] {
            assert_eq!(validity(digits), expected, "{digits}");
        }
    }

    #[test]
    fn a_country_is_found_by_its_calling_code() {
        let country =
            |digits| country_of(digits).map(|country| (country.code, country.national_prefix));
        assert_eq!(country("442071838750"), Some(("44", "0")));
        assert_eq!(country("12025550142"), Some(("1", "1")));
        assert_eq!(country("3615550100"), Some(("36", "06")));
        assert_eq!(country("390612345678"), Some(("39", "")));
        assert_eq!(country("999123"), None);
    }
}
