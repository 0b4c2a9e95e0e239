//! The documented contract, call by call, through the real router.
//!
//! Every flow runs on a fresh database: SQLite, or PostgreSQL when `postgres` runs this program
//! once more.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod agents;
mod aliases;
mod batch;
#[cfg(feature = "postgres")]
#[path = "../postgres/cluster.rs"]
mod cluster;
mod crowded;
mod database;
mod document;
mod door;
mod engine;
mod expiry;
mod forget;
mod invisible;
mod isolation;
mod limits;
mod listing;
mod many;
mod meaning;
#[cfg(feature = "postgres")]
mod postgres;
mod profiles;
mod restart;
mod search;
mod small_talk;
mod store;
mod transfer;
mod watch;
