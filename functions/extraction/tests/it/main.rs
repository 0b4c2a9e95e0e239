//! Extraction from the payload to the memory store, with only the provider faked, at the wire.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod archives;
mod budget;
mod callers;
mod chaos;
mod deadline;
mod flaky;
mod harness;
mod once;
mod provider;
mod real_model;
mod safety;
mod transcripts;
mod transfers;
mod verify;
