//! Prepares a caller for a write. Moves rows stored under an older id to the current one and
//! deletes expired ones, so that the checks for duplicates, successors and limits see one caller
//! and only what still holds.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::super::lock::lock;
use super::{Connection, StorageError};
use crate::memory::{CallerId, Callers};
use crate::storage::statements::{
    ADOPT, REMOVE_EXPIRED_OF_CALLER, REMOVE_EXPIRED_PROFILE_OF_CALLER,
};

/// Prepares the rows of these callers for a write at `now`. Their locks are held until the
/// transaction ends.
pub(in super::super) async fn adopt(
    connection: &mut Connection,
    callers: &[Callers],
    now: Timestamp,
) -> Result<(), StorageError> {
    let ids: BTreeSet<&CallerId> = callers.iter().flat_map(Callers::all).collect();
    lock(connection, &ids).await?;
    for callers in callers {
        adopt_one(connection, callers, now).await?;
    }
    Ok(())
}

async fn adopt_one(
    connection: &mut Connection,
    callers: &Callers,
    now: Timestamp,
) -> Result<(), StorageError> {
    let current = callers.current().as_str();
    for alias in callers.aliases() {
        for id in [current, alias.as_str()] {
            let remove = sqlx::query(REMOVE_EXPIRED_PROFILE_OF_CALLER)
                .bind(id)
                .bind(now.as_microsecond());
            remove.execute(&mut *connection).await?;
        }
        for statement in ADOPT {
            sqlx::query(statement)
                .bind(current)
                .bind(alias.as_str())
                .execute(&mut *connection)
                .await?;
        }
    }
    sqlx::query(REMOVE_EXPIRED_OF_CALLER)
        .bind(current)
        .bind(now.as_microsecond())
        .execute(connection)
        .await?;
    Ok(())
}
