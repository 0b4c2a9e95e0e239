//! Lists and counts memories.

use jiff::Timestamp;

use super::{Backend, Connection, StorageError};
use crate::memory::{AgentId, Callers, Direction, Memory, Page, SortBy};
use crate::storage::rows::{MemoryRow, all};
use crate::storage::statements::{COUNT_ACTIVE, COUNT_ACTIVE_OF_CALLER, COUNT_UP_TO, page};

impl Backend {
    /// Whether a caller has more than `most` active memories, with one agent or with all.
    pub(crate) async fn has_more_than(
        &self,
        most: usize,
        callers: &Callers,
        agent: Option<&AgentId>,
        now: Timestamp,
    ) -> Result<bool, StorageError> {
        let query = callers
            .slots()
            .into_iter()
            .fold(sqlx::query_scalar(COUNT_UP_TO), |query, id| query.bind(id))
            .bind(now.as_microsecond())
            .bind(agent.map(AgentId::as_str));
        let most = i64::try_from(most).unwrap_or(i64::MAX - 1);
        let count: i64 = query.bind(most + 1).fetch_one(self.readers()).await?;
        Ok(count > most)
    }

    /// Loads one page of a caller's active memories, and counts them all. `agent` limits them to
    /// one agent.
    pub(crate) async fn list(
        &self,
        callers: &Callers,
        agent: Option<&AgentId>,
        (by, direction): (SortBy, Direction),
        part: Page,
        now: Timestamp,
    ) -> Result<(Vec<Memory>, usize), StorageError> {
        let mut connection = self.readers().acquire().await?;
        let total = count(&mut connection, callers, agent, now).await?;
        let query = callers
            .slots()
            .into_iter()
            .fold(sqlx::query_as(page(by, direction)), |query, id| {
                query.bind(id)
            })
            .bind(now.as_microsecond())
            .bind(agent.map(AgentId::as_str))
            .bind(i64::try_from(part.limit).unwrap_or(i64::MAX))
            .bind(i64::try_from(part.offset).unwrap_or(i64::MAX));
        let rows: Vec<MemoryRow> = query.fetch_all(&mut *connection).await?;
        Ok((all(rows)?, total))
    }
}

/// Counts a caller's active memories, with one agent or with all.
pub(in super::super) async fn count(
    connection: &mut Connection,
    callers: &Callers,
    agent: Option<&AgentId>,
    now: Timestamp,
) -> Result<usize, StorageError> {
    let unbound = sqlx::query_scalar(if agent.is_some() {
        COUNT_ACTIVE
    } else {
        COUNT_ACTIVE_OF_CALLER
    });
    let of_caller = callers
        .slots()
        .into_iter()
        .fold(unbound, |query, id| query.bind(id))
        .bind(now.as_microsecond());
    let query = match agent {
        Some(agent) => of_caller.bind(agent.as_str()),
        None => of_caller,
    };
    let count: i64 = query.fetch_one(connection).await?;
    Ok(usize::try_from(count).unwrap_or_default())
}
