//! Locking for SQLite, which allows one writer at a time.
//!
//! Nothing waits here: a write transaction holds the only write lock from its start.

use std::collections::BTreeSet;

use sqlx::SqliteConnection;

use super::StorageError;
use crate::memory::CallerId;

/// Does nothing.
pub(super) async fn lock(
    _: &mut SqliteConnection,
    _: &BTreeSet<&CallerId>,
) -> Result<(), StorageError> {
    Ok(())
}

/// Does nothing.
pub(super) async fn share_links(_: &mut SqliteConnection) -> Result<(), StorageError> {
    Ok(())
}

/// Does nothing.
pub(super) async fn lock_links(_: &mut SqliteConnection) -> Result<(), StorageError> {
    Ok(())
}
