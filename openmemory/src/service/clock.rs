//! The only place that reads the clock.

use jiff::{Timestamp, Unit};

/// The current time, rounded to microseconds as in the database.
#[expect(
    clippy::disallowed_methods,
    reason = "the only place that reads the clock"
)]
pub(crate) fn now() -> Timestamp {
    let now = Timestamp::now();
    now.round(Unit::Microsecond).unwrap_or(now)
}
