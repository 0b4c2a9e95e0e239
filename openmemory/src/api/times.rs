//! Parses times in a request.

use jiff::{Timestamp, ToSpan, civil, tz::TimeZone};

/// Parses an RFC 3339 time. Without an offset it is UTC; a date alone means its start.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| utc(text.parse().ok()?))
}

/// Parses the end of a range like [`parse`], except that a date alone means its last microsecond.
pub(super) fn parse_end(text: &str) -> Option<Timestamp> {
    match text.parse::<civil::Date>() {
        Ok(date) if text.len() == "2025-01-15".len() => utc(date.tomorrow().ok()?.at(0, 0, 0, 0))?
            .checked_sub(1.microsecond())
            .ok(),
        _ => parse(text),
    }
}

fn utc(time: civil::DateTime) -> Option<Timestamp> {
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_without_an_offset_is_utc() {
        let noon = "2025-01-15T12:00:00Z".parse().unwrap();
        assert_eq!(parse("2025-01-15T13:00:00+01:00"), Some(noon));
        assert_eq!(parse("2025-01-15T12:00:00"), Some(noon));
        assert_eq!(parse("soon"), None);
    }

    #[test]
    fn a_range_includes_all_of_its_last_day() {
        let end = parse_end("2025-01-15").unwrap();
        assert!(end > "2025-01-15T23:59:59Z".parse().unwrap());
        assert!(end < "2025-01-16T00:00:00Z".parse().unwrap());
        assert_eq!(
            parse_end("2025-01-15T10:00:00Z"),
            parse("2025-01-15T10:00:00Z")
        );
    }
}
