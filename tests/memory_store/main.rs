//! Tests the memory store client: one suite for every dialect, and special cases of the public
//! OpenMemory.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a panic fails the test")]

#[macro_use]
mod harness;
mod cavira;
mod conformance;
mod detection;
mod flows;
mod operator;
mod person;
mod pitfalls;
mod retention;
mod rows;
