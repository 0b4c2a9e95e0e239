//! What libphonenumber knows of the world's numbers, as a table in the program.
//! `common/phone-metadata/run` builds it.

/// The table; `common/phone-metadata/generate.py` describes its layout.
static TABLE: &[u8] = include_bytes!("metadata.bin");

const HEADER: usize = 4;
const STATE: usize = 20;
const COUNTRY: usize = 12;
const CODE: usize = 3;
const FIRST_STATE: u16 = 1;
/// Marks a state in which a valid number ends.
const VALID: u16 = 0x8000;
/// Marks a state in which a number of the right form and length ends.
const POSSIBLE: u16 = 0x4000;

/// How surely a run of digits is an international number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// No number of any country looks like this.
    Impossible,
    /// Its form and length fit the country; the range is not assigned.
    Possible,
    /// It belongs to a range that is in use.
    Valid,
}

/// The prefixes of a country, or of the main country of a shared calling code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Country {
    /// Digits of the calling code, such as `44`.
    pub(super) code: &'static str,
    /// What stands before a national number, such as `0`; empty where nothing does.
    pub(super) national_prefix: &'static str,
    /// What stands before an international number, such as `011`; empty where it is no fixed run of
    /// digits.
    pub(super) international_prefix: &'static str,
}

/// Judges digits that begin with a calling code.
pub(super) fn standing(digits: &str) -> Standing {
    let mut state = FIRST_STATE;
    for digit in digits.bytes() {
        state = entry(state, digit.wrapping_sub(b'0')) & !(VALID | POSSIBLE);
        if state == 0 {
            return Standing::Impossible;
        }
    }
    match entry(state, 0) {
        flags if flags & VALID != 0 => Standing::Valid,
        flags if flags & POSSIBLE != 0 => Standing::Possible,
        _ => Standing::Impossible,
    }
}

/// The country whose calling code these digits begin with.
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
    fn numbers_in_use_are_told_from_possible_and_impossible_ones() {
        for (digits, expected) in [
            ("442071838750", Standing::Valid),
            ("4915112345678", Standing::Valid),
            ("12025550142", Standing::Valid),
            ("15551234567", Standing::Possible),
            ("2025550142", Standing::Impossible),
            ("4402071838750", Standing::Impossible),
            ("1001", Standing::Impossible),
            ("", Standing::Impossible),
            ("44 20", Standing::Impossible),
        ] {
            assert_eq!(standing(digits), expected, "{digits}");
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
