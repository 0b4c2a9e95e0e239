//! The only place that reads the clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp, Unit};

/// The clock of a service: the time of the machine, and what it was moved ahead. Clones are the
/// same clock.
///
/// A test moves the clock instead of waiting until something has expired.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// In microseconds.
    ahead: Arc<AtomicI64>,
}

impl Clock {
    /// Moves the clock ahead.
    pub fn advance(&self, by: SignedDuration) {
        let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        self.ahead.fetch_add(by, Ordering::Relaxed);
    }

    /// The current time, rounded to microseconds as in the database.
    #[expect(
        clippy::disallowed_methods,
        reason = "the only place that reads the clock"
    )]
    pub(crate) fn now(&self) -> Timestamp {
        let ahead = SignedDuration::from_micros(self.ahead.load(Ordering::Relaxed));
        let now = Timestamp::now()
            .saturating_add(ahead)
            .unwrap_or(Timestamp::MAX);
        now.round(Unit::Microsecond).unwrap_or(now)
    }
}
