//! The extraction from payload to memory store. Only the provider is faked, at the wire.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod archives;
mod budget;
mod callers;
mod chaos;
mod deadline;
mod events;
mod flaky;
mod harness;
mod once;
mod provider;
mod real_model;
mod safety;
mod transcripts;
mod transfers;
mod verify;
