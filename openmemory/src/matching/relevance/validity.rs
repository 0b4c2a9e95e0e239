//! How long a memory holds, as far as it says so.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

/// The days that a memory mentions. Dates in the content are written `2026-11-27`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Validity {
    /// The last day on which it holds: `metadata.valid_until`, or a date after "until".
    until: Option<Date>,
    /// All days that it mentions.
    days: Vec<Date>,
}

impl Validity {
    /// Reads the dates from content and metadata.
    pub(crate) fn parse(content: &str, metadata: &Map<String, Value>) -> Self {
        let given = metadata
            .get("valid_until")
            .and_then(Value::as_str)
            .and_then(day);
        let mut stated = None;
        let mut days = Vec::new();
        let mut before = "";
        for word in content
            .split(|letter: char| letter.is_whitespace() || matches!(letter, ',' | ';' | '(' | ')'))
        {
            if let Some(day) = word.get(..DATE_BYTES).and_then(|word| word.parse().ok()) {
                stated = if UNTIL_WORDS.contains(&before.to_lowercase().as_str()) {
                    Some(day)
                } else {
                    stated
                };
                days.push(day);
            }
            before = word;
        }
        Self {
            until: given.or(stated),
            days,
        }
    }

    /// Whether it says that it no longer holds.
    pub(crate) fn has_ended(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| until < today(now))
    }

    /// Whether all days that it mentions are past. False if it mentions none.
    pub(crate) fn all_days_past(&self, now: Timestamp) -> bool {
        self.days
            .iter()
            .max()
            .is_some_and(|last| *last < today(now))
    }

    /// Whether it mentions a day that is today or still to come.
    pub(crate) fn has_upcoming_day(&self, now: Timestamp) -> bool {
        self.days
            .iter()
            .max()
            .is_some_and(|last| *last >= today(now))
    }

    /// The days that it mentions.
    pub(crate) fn days(&self) -> &[Date] {
        &self.days
    }
}

/// Length of `2026-11-27` in bytes.
const DATE_BYTES: usize = 10;

/// Words before the last day, in English, Spanish, German, French, Italian, Portuguese, Dutch and
/// Polish.
const UNTIL_WORDS: &[&str] = &[
    "until",
    "till",
    "through",
    "hasta",
    "bis",
    "jusqu'au",
    "jusqu’au",
    "fino",
    "al",
    "até",
    "tot",
    "do",
];

/// Parses a date or timestamp as a day.
fn day(text: &str) -> Option<Date> {
    text.get(..DATE_BYTES)?.parse().ok()
}

/// Returns the date in the westernmost time zone. A day is over only when it is over everywhere,
/// because the caller's time zone is unknown.
fn today(now: Timestamp) -> Date {
    const WEST: SignedDuration = SignedDuration::from_hours(12);
    now.saturating_sub(WEST)
        .map_or(Date::MIN, |then| then.to_zoned(TimeZone::UTC).date())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use serde_json::json;

    use super::*;

    fn parse(content: &str) -> Validity {
        Validity::parse(content, &Map::new())
    }

    #[test]
    fn a_date_after_until_ends_a_memory_in_eight_languages() {
        for content in [
            "Is on holiday until 2026-08-14.",
            "Está de vacaciones hasta 2026-08-14",
            "Ist bis 2026-08-14 verreist.",
            "En congé jusqu'au 2026-08-14.",
            "In ferie fino al 2026-08-14",
            "De férias até 2026-08-14",
            "Op vakantie tot 2026-08-14",
            "Na urlopie do 2026-08-14",
        ] {
            let at = |text: &str| -> Timestamp { text.parse().unwrap() };
            assert!(
                !parse(content).has_ended(at("2026-08-15T11:00:00Z")),
                "{content}: it is still that day somewhere"
            );
            assert!(
                parse(content).has_ended(at("2026-08-15T12:00:00Z")),
                "{content}"
            );
        }
    }

    #[test]
    fn mentioned_days_tell_past_from_upcoming() {
        let now: Timestamp = "2026-08-20T12:00:00Z".parse().unwrap();
        let past = parse("The fitting was on 2026-08-14 at 10:00.");
        let ahead = parse("Moved from 2026-08-14 to 2026-09-01");
        assert!(past.all_days_past(now) && !past.has_upcoming_day(now) && !past.has_ended(now));
        assert!(!ahead.all_days_past(now) && ahead.has_upcoming_day(now));
        assert_eq!(ahead.days(), [date(2026, 8, 14), date(2026, 9, 1)]);
        let none = parse("Order 2026-99-14 is late");
        assert!(!none.all_days_past(now) && !none.has_upcoming_day(now));
    }

    #[test]
    fn valid_until_is_a_date_or_a_timestamp() {
        let now: Timestamp = "2026-08-20T12:00:00Z".parse().unwrap();
        for (value, over) in [
            ("2026-08-14", true),
            ("2026-08-14T10:00:00Z", true),
            ("2027-01-01", false),
            ("x", false),
        ] {
            let metadata = json!({ "valid_until": value });
            assert_eq!(
                Validity::parse("", metadata.as_object().unwrap()).has_ended(now),
                over,
                "{value}"
            );
        }
    }
}
