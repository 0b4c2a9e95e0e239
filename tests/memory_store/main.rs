//! The port of the memory store: one suite for every dialect, and what is peculiar to the public
//! OpenMemory.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

#[macro_use]
mod bench;
mod cavira;
mod conformance;
mod detection;
mod flows;
mod naive;
mod retention;
mod rows;
