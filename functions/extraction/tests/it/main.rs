//! Extraction from the payload to the memory store, with only the provider faked, at the wire.

mod callers;
mod chaos;
mod flaky;
mod harness;
mod once;
mod provider;
mod safety;
