//! The only place in this module that reads the clock.

use jiff::Timestamp;

#[expect(
    clippy::disallowed_methods,
    reason = "the client checks expiry, because some servers do not"
)]
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}
