//! Reading memories.

use super::{Connection, Own, StorageError};
use crate::memory::{AgentId, CallerId, Direction, Memory, Page, SortBy};
use crate::storage::rows::{MemoryRow, all};
use crate::storage::statements::{COUNT_LIVING, COUNT_LIVING_OF_CALLER, LIVING_OF_AGENT, LIVING_OF_CALLER, page};

impl Own {
    /// The living memories of a caller, in their order of creation; of one agent, when one is named.
    pub(crate) async fn living(&self, caller: &CallerId, agent: Option<&AgentId>) -> Result<Vec<Memory>, StorageError> {
        let query = match agent {
            Some(agent) => sqlx::query_as(LIVING_OF_AGENT).bind(caller.as_str()).bind(agent.as_str()),
            None => sqlx::query_as(LIVING_OF_CALLER).bind(caller.as_str()),
        };
        let rows: Vec<MemoryRow> = query.fetch_all(self.readers()).await?;
        all(rows)
    }

    /// One page of the living memories of a caller, and how many there are; with one agent, when one is named.
    pub(crate) async fn list(
        &self,
        caller: &CallerId,
        agent: Option<&AgentId>,
        (by, direction): (SortBy, Direction),
        part: Page,
    ) -> Result<(Vec<Memory>, usize), StorageError> {
        let mut connection = self.readers().acquire().await?;
        let total = count(&mut connection, caller, agent).await?;
        let query = sqlx::query_as(page(by, direction))
            .bind(caller.as_str())
            .bind(agent.map(AgentId::as_str))
            .bind(i64::try_from(part.limit).unwrap_or(i64::MAX))
            .bind(i64::try_from(part.offset).unwrap_or(i64::MAX));
        let rows: Vec<MemoryRow> = query.fetch_all(&mut *connection).await?;
        Ok((all(rows)?, total))
    }
}

/// How many living memories a caller has, with one agent or with all.
pub(in super::super) async fn count(
    connection: &mut Connection,
    caller: &CallerId,
    agent: Option<&AgentId>,
) -> Result<usize, StorageError> {
    let query = match agent {
        Some(agent) => sqlx::query_scalar(COUNT_LIVING).bind(caller.as_str()).bind(agent.as_str()),
        None => sqlx::query_scalar(COUNT_LIVING_OF_CALLER).bind(caller.as_str()),
    };
    let count: i64 = query.fetch_one(connection).await?;
    Ok(usize::try_from(count).unwrap_or_default())
}
