//! The one place of this port where the clock is read.

use jiff::Timestamp;

#[expect(
    clippy::disallowed_methods,
    reason = "what has expired is decided here where the server knows no expiry"
)]
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}
