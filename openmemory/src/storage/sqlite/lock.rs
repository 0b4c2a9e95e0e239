//! Locking for SQLite, which allows one writer at a time.

use std::collections::BTreeSet;

use sqlx::SqliteConnection;

use super::StorageError;
use crate::memory::CallerId;

/// Does nothing: a write transaction holds the only write lock from its start.
pub(super) async fn lock(
    _: &mut SqliteConnection,
    _: &BTreeSet<&CallerId>,
) -> Result<(), StorageError> {
    Ok(())
}
