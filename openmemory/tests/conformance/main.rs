//! Tests the documented contract, request by request, through the real router.
//!
//! Every test runs on a new database: SQLite, PostgreSQL when `postgres` runs this program a second
//! time, or DynamoDB when `tests/dynamodb/run` runs it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed step fails the test"
)]

mod agents;
mod aliases;
mod api_key;
mod batch;
mod callers;
#[cfg(feature = "postgres")]
#[path = "../postgres/cluster.rs"]
mod cluster;
mod concurrency;
mod database;
mod document;
#[cfg(feature = "dynamodb")]
mod dynamodb;
mod edit;
mod expiry;
mod forget;
mod identities;
mod invisible;
mod isolation;
mod limits;
mod listing;
mod many_memories;
mod meaning;
mod metrics;
#[cfg(feature = "dynamodb")]
mod migration;
#[cfg(feature = "postgres")]
mod postgres;
mod profiles;
mod restart;
mod search;
mod service;
mod small_talk;
mod store;
#[cfg(feature = "dynamodb")]
#[path = "../dynamodb/table.rs"]
mod table;
mod transfer;
