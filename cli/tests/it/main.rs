//! Runs the `elaaoms` command against a complete system on this machine.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a panic fails the test")]

mod backup;
mod caller_export;
mod collection;
mod console;
mod corrections;
mod documentation;
mod erasure;
mod events;
mod harness;
mod load;
mod memories;
mod opt_out;
mod person;
mod profiles;
mod smoke;
/// The fake of ElevenLabs' API, shared with the unit tests.
#[path = "../../src/elevenlabs/fake/mod.rs"]
mod workspace;
