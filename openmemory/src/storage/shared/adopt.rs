//! Prepares a caller for a write. Moves rows stored under an older or linked id to the id under
//! which the caller is stored and deletes expired ones, so that the checks for duplicates,
//! successors and limits see one caller and only what still holds.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::super::lock::{lock, share_links};
use super::links::main_of;
use super::{Connection, StorageError};
use crate::memory::{CallerId, Callers, Draft, callers_of};
use crate::storage::statements::{
    ADOPT, MOVE_MEMORIES, REMOVE_EXPIRED_OF_CALLER, REMOVE_EXPIRED_PROFILE_OF_CALLER,
};

/// The ids of a caller whose rows move to one id.
pub(super) struct Move {
    /// The id under which the caller is stored.
    pub(super) main: CallerId,
    from: Vec<CallerId>,
    /// Under which id the moved memories were told, unless they say it themselves.
    told_as: Option<CallerId>,
}

impl Move {
    /// Moves the rows of all ids of a caller to `main`.
    pub(super) fn new(callers: &Callers, main: CallerId) -> Self {
        let is_linked = *callers.current() != main;
        Self {
            from: callers.all().filter(|id| **id != main).cloned().collect(),
            told_as: is_linked.then(|| callers.current().clone()),
            main,
        }
    }
}

/// Resolves the callers of these drafts and prepares their rows for a write at `now`. Their locks
/// are held until the transaction ends.
pub(in super::super) async fn adopt_drafts(
    connection: &mut Connection,
    drafts: &mut [Draft],
    now: Timestamp,
) -> Result<(), StorageError> {
    for rows in adopt(connection, &callers_of(drafts), now).await? {
        let Some(requested) = rows.told_as else {
            continue;
        };
        for draft in drafts
            .iter_mut()
            .filter(|draft| draft.caller_id == requested)
        {
            draft.use_main_id(&rows.main);
        }
    }
    Ok(())
}

/// Resolves these callers and prepares their rows for a write at `now`. Their locks are held until
/// the transaction ends.
pub(super) async fn adopt(
    connection: &mut Connection,
    callers: &[Callers],
    now: Timestamp,
) -> Result<Vec<Move>, StorageError> {
    share_links(connection).await?;
    let mut moves = Vec::new();
    for callers in callers {
        moves.push(Move::new(callers, main_of(connection, callers).await?));
    }
    let ids: BTreeSet<&CallerId> = callers
        .iter()
        .flat_map(Callers::all)
        .chain(moves.iter().map(|rows| &rows.main))
        .collect();
    lock(connection, &ids).await?;
    for rows in &moves {
        move_rows(connection, rows, now).await?;
    }
    Ok(moves)
}

/// Moves rows, and deletes the expired ones of the caller.
pub(super) async fn move_rows(
    connection: &mut Connection,
    rows: &Move,
    now: Timestamp,
) -> Result<(), StorageError> {
    let main = rows.main.as_str();
    for from in &rows.from {
        for id in [main, from.as_str()] {
            let remove = sqlx::query(REMOVE_EXPIRED_PROFILE_OF_CALLER)
                .bind(id)
                .bind(now.as_microsecond());
            remove.execute(&mut *connection).await?;
        }
        sqlx::query(MOVE_MEMORIES)
            .bind(main)
            .bind(from.as_str())
            .bind(rows.told_as.as_ref().map(CallerId::as_str))
            .execute(&mut *connection)
            .await?;
        for statement in ADOPT {
            sqlx::query(statement)
                .bind(main)
                .bind(from.as_str())
                .execute(&mut *connection)
                .await?;
        }
    }
    sqlx::query(REMOVE_EXPIRED_OF_CALLER)
        .bind(main)
        .bind(now.as_microsecond())
        .execute(connection)
        .await?;
    Ok(())
}
