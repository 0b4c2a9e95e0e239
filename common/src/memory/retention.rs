//! How long what was said is kept.

use jiff::{SignedDuration, Timestamp};

/// Memories and caller cards last so long after the last call that confirmed them; for ever unless
/// it is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retention {
    days: u32,
}

impl Retention {
    /// So many days; 0 is no limit.
    #[must_use]
    pub fn of_days(days: u32) -> Self {
        Self { days }
    }

    /// When what a call at that time confirmed expires; never without a limit.
    #[must_use]
    pub fn expires_at(self, call: Timestamp) -> Option<Timestamp> {
        let life = SignedDuration::from_hours(24 * i64::from(self.days));
        (self.days > 0).then(|| call.checked_add(life).unwrap_or(Timestamp::MAX))
    }

    /// Whether what a call at that time confirmed has expired.
    #[must_use]
    pub fn is_over(self, call: Timestamp, now: Timestamp) -> bool {
        self.expires_at(call).is_some_and(|expiry| expiry <= now)
    }

    /// How many hours a card of a call at that time may still be shown: at most `most`, at least
    /// one.
    #[must_use]
    pub fn card_hours(self, call: Option<Timestamp>, most: u32, now: Timestamp) -> u32 {
        let Some(expiry) = self.expires_at(call.unwrap_or(now)) else {
            return most;
        };
        let left = expiry.duration_since(now).as_secs().max(0).unsigned_abs();
        u32::try_from(left.div_ceil(3600))
            .unwrap_or(u32::MAX)
            .clamp(1, most.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn what_a_call_confirmed_expires_so_many_days_after_the_call() {
        let retention = Retention::of_days(30);
        let call = at("2026-10-01T10:00:00Z");
        assert_eq!(retention.expires_at(call), Some(at("2026-10-31T10:00:00Z")));
        assert!(!retention.is_over(call, at("2026-10-31T09:59:59Z")));
        assert!(retention.is_over(call, at("2026-10-31T10:00:00Z")));
        assert_eq!(retention.expires_at(Timestamp::MAX), Some(Timestamp::MAX));
    }

    #[test]
    fn without_a_limit_nothing_expires() {
        assert_eq!(
            Retention::default().expires_at(at("1999-01-01T00:00:00Z")),
            None
        );
        assert!(!Retention::of_days(0).is_over(Timestamp::UNIX_EPOCH, Timestamp::MAX));
        assert_eq!(
            Retention::default().card_hours(None, 8760, Timestamp::MAX),
            8760
        );
    }

    #[test]
    fn a_card_lasts_as_long_as_the_shorter_of_both_limits() {
        let (retention, call) = (Retention::of_days(2), Some(at("2026-11-01T00:00:00Z")));
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
