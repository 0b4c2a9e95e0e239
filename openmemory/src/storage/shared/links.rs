//! Links the ids of one person and unlinks them.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::super::lock::{lock, lock_links};
use super::adopt::{Move, move_rows};
use super::{Backend, Connection, StorageError};
use crate::memory::{CallerId, Callers, Link, LinkError, Person, UnlinkError};
use crate::storage::rows::{LinkRow, all};
use crate::storage::statements::{
    INSERT_LINK, LINKS_OF_PERSON, MAIN_ID, REMOVE_LINK, REMOVE_PROFILES, RETURN_MEMORIES,
};

impl Backend {
    /// Loads the ids of the person to whom a caller belongs.
    pub(crate) async fn identities(&self, callers: &Callers) -> Result<Person, StorageError> {
        let mut transaction = self.snapshot().await?;
        person(&mut transaction, callers).await
    }

    /// Links two persons and moves everything under one main id.
    pub(crate) async fn link(
        &self,
        one: &Callers,
        other: &Callers,
        by: Option<&str>,
        now: Timestamp,
    ) -> Result<Result<Person, LinkError>, StorageError> {
        let mut transaction = self.begin().await?;
        lock_links(&mut transaction).await?;
        let joined = person(&mut transaction, one).await?;
        let added = person(&mut transaction, other).await?;
        let union = match joined.union(&added) {
            Ok(Some(union)) => union,
            Ok(None) => return Ok(Ok(joined)),
            Err(error) => return Ok(Err(error)),
        };
        let link = Link {
            caller_id: union.added,
            main_id: union.main,
            linked_at: now,
            linked_by: by.map(str::to_owned),
        };
        apply(&mut transaction, [one, other], &link, now).await?;
        let person = load(&mut transaction, link.main_id).await?;
        transaction.commit().await?;
        Ok(Ok(person))
    }

    /// Unlinks an id: what was told under it moves back. Deletes the profiles of the person, which
    /// may contain something of both.
    pub(crate) async fn unlink(
        &self,
        callers: &Callers,
        id: &CallerId,
    ) -> Result<Result<Person, UnlinkError>, StorageError> {
        let mut transaction = self.begin().await?;
        lock_links(&mut transaction).await?;
        let person = person(&mut transaction, callers).await?;
        let removed = match person.link_to_remove(id) {
            Ok(removed) => removed,
            Err(error) => return Ok(Err(error)),
        };
        lock(&mut transaction, &BTreeSet::from([&person.main, &removed])).await?;
        sqlx::query(RETURN_MEMORIES)
            .bind(person.main.as_str())
            .bind(removed.as_str())
            .execute(&mut *transaction)
            .await?;
        for (statement, bound) in [(REMOVE_PROFILES, &person.main), (REMOVE_LINK, &removed)] {
            sqlx::query(statement)
                .bind(bound.as_str())
                .execute(&mut *transaction)
                .await?;
        }
        let rest = load(&mut transaction, person.main).await?;
        transaction.commit().await?;
        Ok(Ok(rest))
    }
}

/// Moves everything of these callers to the main id of the link, and adds the link.
async fn apply(
    connection: &mut Connection,
    callers: [&Callers; 2],
    link: &Link,
    now: Timestamp,
) -> Result<(), StorageError> {
    let ids: BTreeSet<&CallerId> = callers
        .into_iter()
        .flat_map(Callers::all)
        .chain([&link.main_id])
        .collect();
    lock(connection, &ids).await?;
    for callers in callers {
        let rows = Move::new(callers, link.main_id.clone());
        move_rows(connection, &rows, now).await?;
    }
    insert_link(connection, link).await.map(drop)
}

/// Loads the ids of the person to whom a caller belongs.
pub(in super::super) async fn person(
    connection: &mut Connection,
    callers: &Callers,
) -> Result<Person, StorageError> {
    let main = main_of(connection, callers).await?;
    load(connection, main).await
}

/// Finds the main id of the person to whom a caller belongs.
pub(in super::super) async fn main_of(
    connection: &mut Connection,
    callers: &Callers,
) -> Result<CallerId, StorageError> {
    let query = callers
        .slots()
        .into_iter()
        .fold(sqlx::query_scalar(MAIN_ID), |query, id| query.bind(id));
    let main: Option<String> = query.fetch_optional(connection).await?;
    Ok(main.map_or_else(|| callers.current().clone(), CallerId::stored))
}

/// Adds a link unless the id is linked or has linked ids itself, or the main id is linked. Returns
/// the number of added rows.
pub(super) async fn insert_link(
    connection: &mut Connection,
    link: &Link,
) -> Result<u64, StorageError> {
    let done = sqlx::query(INSERT_LINK)
        .bind(link.caller_id.as_str())
        .bind(link.main_id.as_str())
        .bind(link.linked_at.as_microsecond())
        .bind(link.linked_by.as_deref())
        .execute(connection)
        .await?;
    Ok(done.rows_affected())
}

async fn load(connection: &mut Connection, main: CallerId) -> Result<Person, StorageError> {
    let rows: Vec<LinkRow> = sqlx::query_as(LINKS_OF_PERSON)
        .bind(main.as_str())
        .fetch_all(connection)
        .await?;
    Ok(Person {
        main,
        links: all(rows)?,
    })
}
