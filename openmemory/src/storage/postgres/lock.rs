//! One transaction at a time for each caller.

use std::collections::BTreeSet;

use sqlx::PgConnection;

use super::StorageError;
use crate::memory::CallerId;

/// Waits until nobody else changes anything of these callers; holds until the transaction ends.
///
/// The locks are taken in the order of their numbers, so that two batches never wait for each
/// other.
pub(super) async fn lock(
    connection: &mut PgConnection,
    callers: &BTreeSet<&CallerId>,
) -> Result<(), StorageError> {
    let names: Vec<&str> = callers.iter().map(|caller| caller.as_str()).collect();
    sqlx::query(LOCK).bind(names).execute(connection).await?;
    Ok(())
}

/// Waits for one caller.
pub(super) async fn lock_one(
    connection: &mut PgConnection,
    caller: &CallerId,
) -> Result<(), StorageError> {
    lock(connection, &BTreeSet::from([caller])).await
}

const LOCK: &str = "SELECT pg_advisory_xact_lock(number) FROM \
    (SELECT DISTINCT hashtextextended(name, 0) AS number FROM unnest($1::text[]) AS name ORDER BY number) AS ordered";
