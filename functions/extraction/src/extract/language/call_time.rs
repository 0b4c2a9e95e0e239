//! Local time of a call: in the time zone that ElevenLabs reports; otherwise in that of the called
//! number's country, if the country has only one; otherwise UTC.

use common::elevenlabs::transcription::Transcription;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// Returns the local time of the call.
pub(crate) fn local_time(call: &Transcription, at: Timestamp) -> Zoned {
    let named = call.time_zone().and_then(|name| TimeZone::get(name).ok());
    let zone = named
        .or_else(|| TimeZone::get(zone_of_number(call.agent_number()?)?).ok())
        .unwrap_or(TimeZone::UTC);
    at.to_zoned(zone)
}

/// Returns the time zone of a phone number's country, if it has only one.
fn zone_of_number(number: &str) -> Option<&'static str> {
    let digits: String = number
        .trim()
        .strip_prefix('+')?
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    ZONES
        .iter()
        .find(|(code, _)| digits.starts_with(code))
        .map(|(_, zone)| *zone)
}

/// Calling codes of countries with one time zone where the eight languages are spoken.
const ZONES: [(&str, &str); 12] = [
    ("31", "Europe/Amsterdam"),
    ("32", "Europe/Brussels"),
    ("33", "Europe/Paris"),
    ("351", "Europe/Lisbon"),
    ("352", "Europe/Luxembourg"),
    ("353", "Europe/Dublin"),
    ("39", "Europe/Rome"),
    ("41", "Europe/Zurich"),
    ("43", "Europe/Vienna"),
    ("44", "Europe/London"),
    ("48", "Europe/Warsaw"),
    ("49", "Europe/Berlin"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_number_has_a_time_zone_if_its_country_has_only_one() {
        assert_eq!(zone_of_number("+49 30 901820"), Some("Europe/Berlin"));
        assert_eq!(zone_of_number("+351210000000"), Some("Europe/Lisbon"));
        assert_eq!(zone_of_number("+12025550199"), None);
        assert_eq!(zone_of_number("030901820"), None);
    }

    #[test]
    fn time_zones_do_not_depend_on_the_machine() {
        for (_, zone) in ZONES {
            assert!(TimeZone::get(zone).is_ok(), "{zone}");
        }
    }
}
