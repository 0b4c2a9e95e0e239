//! The documented contract, call by call, through the real router.
//!
//! Every flow runs on a fresh database that `engine` makes, so that another engine is held to the same.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod batch;
mod door;
mod engine;
mod forget;
mod isolation;
mod limits;
mod listing;
mod many;
mod profiles;
mod restart;
mod search;
mod store;
mod transfer;
