//! The one place where the clock is read.

use jiff::{Timestamp, Unit};

/// This moment, to the microsecond, which is what the database keeps.
#[expect(
    clippy::disallowed_methods,
    reason = "the edge where the clock is read"
)]
pub(crate) fn now() -> Timestamp {
    let now = Timestamp::now();
    now.round(Unit::Microsecond).unwrap_or(now)
}
