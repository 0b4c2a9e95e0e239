//! The command as it is run, against a whole system on this machine.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod backup;
mod caller_export;
mod collection;
mod documentation;
mod erasure;
mod harness;
mod load;
mod memories;
mod smoke;
/// ElevenLabs' API, as the unit tests fake it too.
#[path = "../../src/elevenlabs/fake/mod.rs"]
mod workspace;
