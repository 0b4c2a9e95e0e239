//! The command as it is run, against a whole system on this machine.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod backup;
mod harness;
mod load;
mod memories;
mod smoke;
