//! Reading memories.

use sqlx::PgConnection;

use super::{Postgres, StorageError};
use crate::memory::{AgentId, CallerId, Direction, Memory, Page, SortBy};
use crate::storage::rows::{MemoryRow, all};
use crate::storage::statements;
use crate::storage::statements::{
    COUNT_LIVING, COUNT_LIVING_OF_CALLER, LIVING_OF_AGENT, LIVING_OF_CALLER, select_memory,
};

impl Postgres {
    /// The living memories of a caller, in their order of creation; of one agent, when one is named.
    pub(crate) async fn living(&self, caller: &CallerId, agent: Option<&AgentId>) -> Result<Vec<Memory>, StorageError> {
        let query = match agent {
            Some(agent) => sqlx::query_as(LIVING_OF_AGENT).bind(caller.as_str()).bind(agent.as_str()),
            None => sqlx::query_as(LIVING_OF_CALLER).bind(caller.as_str()),
        };
        let rows: Vec<MemoryRow> = query.fetch_all(&self.pool).await?;
        all(rows)
    }

    /// The living memories in whose terms one of the needles is, in their order of creation, and how many living
    /// memories there are in all.
    pub(crate) async fn matching(
        &self,
        caller: &CallerId,
        agent: Option<&AgentId>,
        needles: &[String],
    ) -> Result<(Vec<Memory>, usize), StorageError> {
        let mut connection = self.pool.acquire().await?;
        let among = count(&mut connection, caller, agent).await?;
        let query = sqlx::query_as(MATCHING).bind(caller.as_str()).bind(agent.map(AgentId::as_str)).bind(needles);
        let rows: Vec<MemoryRow> = query.fetch_all(&mut *connection).await?;
        Ok((all(rows)?, among))
    }

    /// One page of the living memories of a caller, and how many there are; with one agent, when one is named.
    pub(crate) async fn list(
        &self,
        caller: &CallerId,
        agent: Option<&AgentId>,
        (by, direction): (SortBy, Direction),
        page: Page,
    ) -> Result<(Vec<Memory>, usize), StorageError> {
        let mut connection = self.pool.acquire().await?;
        let total = count(&mut connection, caller, agent).await?;
        let query = sqlx::query_as(statements::page(by, direction))
            .bind(caller.as_str())
            .bind(agent.map(AgentId::as_str))
            .bind(i64::try_from(page.limit).unwrap_or(i64::MAX))
            .bind(i64::try_from(page.offset).unwrap_or(i64::MAX));
        let rows: Vec<MemoryRow> = query.fetch_all(&mut *connection).await?;
        Ok((all(rows)?, total))
    }
}

async fn count(
    connection: &mut PgConnection,
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

const MATCHING: &str = select_memory!(
    "WHERE caller_id = $1 AND ($2::text IS NULL OR agent_id = $2) AND superseded_by IS NULL AND (terms IS NULL OR \
     EXISTS (SELECT 1 FROM unnest($3::text[]) AS needle WHERE strpos(terms, needle) > 0)) ORDER BY seq"
);
