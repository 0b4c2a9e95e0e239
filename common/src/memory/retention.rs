//! How long memories and caller cards are kept.

use jiff::{SignedDuration, Timestamp};

/// How long memories and caller cards are kept after the last call that confirmed them. The default
/// has no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retention {
    days: u32,
}

impl Retention {
    /// Creates a retention of this many days. 0 means no limit.
    #[must_use]
    pub fn from_days(days: u32) -> Self {
        Self { days }
    }

    /// Returns when a memory expires that a call at this time confirmed. `None` means never.
    #[must_use]
    pub fn expires_at(self, call: Timestamp) -> Option<Timestamp> {
        let lifetime = SignedDuration::from_hours(24 * i64::from(self.days));
        (self.days > 0).then(|| call.checked_add(lifetime).unwrap_or(Timestamp::MAX))
    }

    /// Returns whether a memory has expired that a call at this time confirmed.
    #[must_use]
    pub fn is_expired(self, call: Timestamp, now: Timestamp) -> bool {
        self.expires_at(call).is_some_and(|expiry| expiry <= now)
    }

    /// Returns for how many more hours a card from a call at this time may be used: at least 1 and
    /// at most `max_hours`. Without a time of the call, `now` counts.
    #[must_use]
    pub fn card_hours(self, call: Option<Timestamp>, max_hours: u32, now: Timestamp) -> u32 {
        let Some(expiry) = self.expires_at(call.unwrap_or(now)) else {
            return max_hours;
        };
        let remaining = expiry.duration_since(now).as_secs().max(0).unsigned_abs();
        u32::try_from(remaining.div_ceil(3600))
            .unwrap_or(u32::MAX)
            .clamp(1, max_hours.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_memory_expires_the_given_number_of_days_after_the_call() {
        let retention = Retention::from_days(30);
        let call = at("2026-10-01T10:00:00Z");
        assert_eq!(retention.expires_at(call), Some(at("2026-10-31T10:00:00Z")));
        assert!(!retention.is_expired(call, at("2026-10-31T09:59:59Z")));
        assert!(retention.is_expired(call, at("2026-10-31T10:00:00Z")));
        assert_eq!(retention.expires_at(Timestamp::MAX), Some(Timestamp::MAX));
    }

    #[test]
    fn without_a_limit_nothing_expires() {
        assert_eq!(
            Retention::default().expires_at(at("1999-01-01T00:00:00Z")),
            None
        );
        assert!(!Retention::from_days(0).is_expired(Timestamp::UNIX_EPOCH, Timestamp::MAX));
        assert_eq!(
            Retention::default().card_hours(None, 8760, Timestamp::MAX),
            8760
        );
    }

    #[test]
    fn a_card_expires_at_the_earlier_of_both_limits() {
        let retention = Retention::from_days(2);
        let call = Some(at("2026-11-01T00:00:00Z"));
        assert_eq!(
            retention.card_hours(call, 8760, at("2026-11-01T00:00:00Z")),
            48
        );
        assert_eq!(
            retention.card_hours(call, 8760, at("2026-11-02T23:30:00Z")),
            1
        );
        assert_eq!(
            retention.card_hours(call, 24, at("2026-11-01T00:00:00Z")),
            24
        );
        assert_eq!(
            retention.card_hours(call, 8760, at("2027-01-01T00:00:00Z")),
            1
        );
    }
}
