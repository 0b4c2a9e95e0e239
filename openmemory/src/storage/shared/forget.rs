//! Forgets persons.

use std::collections::BTreeSet;

use super::super::lock::{lock, lock_links};
use super::links::person;
use super::{Connection, StorageError};
use crate::memory::{CallerId, Callers};
use crate::storage::ForgetSummary;
use crate::storage::statements::{FORGET, REMOVE_LINKS_OF_PERSON};

/// Deletes everything under every id of the person to whom a caller belongs, and the links.
pub(in super::super) async fn forget(
    connection: &mut Connection,
    callers: &Callers,
) -> Result<ForgetSummary, StorageError> {
    lock_links(connection).await?;
    let person = person(connection, callers).await?;
    let ids: BTreeSet<&CallerId> = callers.all().chain(person.ids()).collect();
    lock(connection, &ids).await?;
    let mut removed = [0; 3];
    for id in ids {
        for (count, statement) in removed.iter_mut().zip(FORGET) {
            let done = sqlx::query(statement)
                .bind(id.as_str())
                .execute(&mut *connection)
                .await?;
            *count += done.rows_affected();
        }
    }
    sqlx::query(REMOVE_LINKS_OF_PERSON)
        .bind(person.main.as_str())
        .execute(connection)
        .await?;
    Ok(ForgetSummary {
        memories: removed[0],
        profiles: removed[1],
    })
}
