//! DynamoDB: one table, one partition for each caller. Needs no server and no connections.
//!
//! # The table
//!
//! String keys `PK` and `SK`, on-demand capacity, `expires` as the attribute for time to live. No
//! index, and no request of a call scans: only a list of callers and an export do.
//!
//! | PK | SK | holds |
//! |---|---|---|
//! | `C#{caller}` | `@` | [`CallerState`]: version, last sequence number, counts of active memories by agent and expiry, and links |
//! | | `M#{sequence number}` | a memory with its vector |
//! | | `P#{agent}` | a profile |
//! | | `R#{idempotency key}#{position}` | a receipt |
//! | `ID#{memory id}` | `@` | a pointer to the partition and sequence number of the memory |
//! | `TABLE` | `@` | the format of the table and a check value of the pepper |
//!
//! Callers, agents and idempotency keys are in keys only as an HMAC under `DYNAMODB_KEY_PEPPER`, so
//! keys in logs and metrics of AWS identify nobody. The attributes `caller`, `agent` and `key` hold
//! the ids themselves, because exports need them.
//!
//! # Writes
//!
//! A write reads `@`, then the caller's memories, plans, and writes everything in one
//! `TransactWriteItems` on the condition that `@` still has the version that was read. A version is
//! random, so a forgotten and recreated caller never has an earlier one. After a conflict, the write
//! reads and plans again, with a random delay.
//!
//! A transaction has at most 100 actions. A large batch is stored in several transactions. Receipts
//! are saved with the memories they belong to, so the next delivery completes an interrupted batch
//! without duplicates. `ClientRequestToken` would protect for ten minutes only.
//!
//! # Forgetting
//!
//! A caller is marked in `@` first, so that no concurrent write commits, then everything is deleted,
//! `@` last. A write that meets the mark completes the deletion before it continues.
//!
//! # Expiry
//!
//! DynamoDB deletes expired items within days. Reads compare the exact time, so an expired memory is
//! never returned. `@` counts active memories by their expiry, so a count needs no query. A receipt
//! and `@` expire with the memories they belong to.

mod actions;
mod adopt;
mod batch;
mod callers;
mod commit;
mod connect;
mod counts;
mod edit;
mod error;
mod export;
mod fields;
mod import;
mod import_rows;
mod keys;
mod link_item;
mod links;
mod load;
mod locks;
mod memory_item;
mod pending;
mod profile_item;
mod profiles;
mod quantized;
mod query;
mod read;
mod receipt_item;
mod remember;
mod remove;
mod scan;
mod state;
#[cfg(test)]
mod throttling;
mod unlink;
mod working_copy;

use std::fmt;

use aws_sdk_dynamodb::Client;
use jiff::Timestamp;

use super::{StorageError, StorageMetrics};
pub(crate) use connect::DynamoOptions;
pub(crate) use error::DynamoError;
use keys::Keys;
use locks::Locks;
use scan::CachedCount;

/// The engine without a server. `Debug` hides the pepper.
#[derive(Clone)]
pub(crate) struct Dynamo {
    client: Client,
    table: String,
    keys: Keys,
    locks: Locks,
    /// Whether background work may scan the table.
    may_scan: bool,
    active_memories: CachedCount,
}

impl Dynamo {
    /// Checks that the table responds.
    pub(crate) async fn ping(&self) -> Result<(), StorageError> {
        self.client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(keys::table_info()))
            .send()
            .await
            .map_err(error::failed)?;
        Ok(())
    }

    /// Returns the number of memories, if background work may scan the table.
    pub(crate) async fn metrics(&self, now: Timestamp) -> Result<StorageMetrics, StorageError> {
        let memories = if self.may_scan {
            Some(self.count_active(now).await?)
        } else {
            None
        };
        Ok(StorageMetrics {
            memories,
            connections: 0,
            idle_connections: 0,
        })
    }

    /// Does nothing: there are no connections to close.
    pub(crate) async fn close(&self) {}

    /// Whether the background worker may scan for memories without a vector.
    pub(crate) fn may_scan(&self) -> bool {
        self.may_scan
    }
}

impl fmt::Debug for Dynamo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dynamo")
            .field("table", &self.table)
            .finish_non_exhaustive()
    }
}
