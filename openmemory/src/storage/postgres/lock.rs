//! Serializes the transactions that change one caller.

use std::collections::BTreeSet;

use sqlx::PgConnection;

use super::StorageError;
use crate::memory::CallerId;

/// Waits for all other transactions that change these callers. The locks are held until the
/// transaction ends.
///
/// They are taken in ascending order, so that two batches cannot deadlock.
pub(super) async fn lock(
    connection: &mut PgConnection,
    callers: &BTreeSet<&CallerId>,
) -> Result<(), StorageError> {
    let names: Vec<&str> = callers.iter().map(|caller| caller.as_str()).collect();
    sqlx::query(LOCK).bind(names).execute(connection).await?;
    Ok(())
}

/// Waits for a transaction that changes links. Until this transaction ends, no link changes. Comes
/// before the locks of callers.
pub(super) async fn share_links(connection: &mut PgConnection) -> Result<(), StorageError> {
    sqlx::query(SHARE_LINKS).execute(connection).await?;
    Ok(())
}

/// Waits for all other transactions that change links or depend on them.
pub(super) async fn lock_links(connection: &mut PgConnection) -> Result<(), StorageError> {
    sqlx::query(LOCK_LINKS).execute(connection).await?;
    Ok(())
}

/// Locks one caller.
pub(super) async fn lock_one(
    connection: &mut PgConnection,
    caller: &CallerId,
) -> Result<(), StorageError> {
    lock(connection, &BTreeSet::from([caller])).await
}

/// Locks of two numbers never meet those of one number.
const SHARE_LINKS: &str = "SELECT pg_advisory_xact_lock_shared(0, 1)";
const LOCK_LINKS: &str = "SELECT pg_advisory_xact_lock(0, 1)";
const LOCK: &str = "SELECT pg_advisory_xact_lock(number) FROM \
    (SELECT DISTINCT hashtextextended(name, 0) AS number FROM unnest($1::text[]) AS name ORDER BY number) AS ordered";
