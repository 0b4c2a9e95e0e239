//! Reading memories.

use sqlx::{AssertSqlSafe, SqlSafeStr, SqliteConnection};

use super::{Sqlite, StorageError};
use crate::memory::{AgentId, CallerId, Direction, Memory, Page, SortBy};
use crate::storage::rows::{MemoryRow, all};
use crate::storage::statements;
use crate::storage::statements::{
    COUNT_LIVING, COUNT_LIVING_OF_CALLER, LIVING_OF_AGENT, LIVING_OF_CALLER, select_memory,
};

impl Sqlite {
    /// The living memories of a caller, in their order of creation; of one agent, when one is named.
    pub(crate) async fn living(&self, caller: &CallerId, agent: Option<&AgentId>) -> Result<Vec<Memory>, StorageError> {
        let query = match agent {
            Some(agent) => sqlx::query_as(LIVING_OF_AGENT).bind(caller.as_str()).bind(agent.as_str()),
            None => sqlx::query_as(LIVING_OF_CALLER).bind(caller.as_str()),
        };
        let rows: Vec<MemoryRow> = query.fetch_all(&self.readers).await?;
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
        let mut connection = self.readers.acquire().await?;
        let among = count(&mut connection, caller, agent).await?;
        // Its parts are ours; what was asked is bound.
        let statement = AssertSqlSafe(matching(needles.len())).into_sql_str();
        let mut query = sqlx::query_as(statement).bind(caller.as_str()).bind(agent.map(AgentId::as_str));
        for needle in needles {
            query = query.bind(needle);
        }
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
        let mut connection = self.readers.acquire().await?;
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
    connection: &mut SqliteConnection,
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

/// A statement for so many needles, which are bound from $3 on.
fn matching(needles: usize) -> String {
    let found: String = (0..needles).map(|at| format!(" OR instr(terms, ${}) > 0", at + 3)).collect();
    format!("{MATCHING} AND (terms IS NULL{found}) ORDER BY seq")
}

const MATCHING: &str =
    select_memory!("WHERE caller_id = $1 AND ($2 IS NULL OR agent_id = $2) AND superseded_by IS NULL");
