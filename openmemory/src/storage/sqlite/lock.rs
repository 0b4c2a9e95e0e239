//! One writer at a time.

use std::collections::BTreeSet;

use sqlx::SqliteConnection;

use super::StorageError;
use crate::memory::CallerId;

/// Nothing to wait for: a transaction that writes holds the only write lock from its start.
pub(super) async fn lock(
    _: &mut SqliteConnection,
    _: &BTreeSet<&CallerId>,
) -> Result<(), StorageError> {
    Ok(())
}
