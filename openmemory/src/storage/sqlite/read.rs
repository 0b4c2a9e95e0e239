//! Finding memories by their words.

use jiff::Timestamp;
use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

use super::both::count;
use super::{Sqlite, StorageError};
use crate::memory::{AgentId, Callers, Memory};
use crate::storage::rows::{MemoryRow, all};
use crate::storage::statements::{living, select_memory};

impl Sqlite {
    /// The living memories in whose terms one of the needles is, in their order of creation, and how many living
    /// memories there are in all.
    pub(crate) async fn matching(
        &self,
        callers: &Callers,
        agent: Option<&AgentId>,
        needles: &[String],
        now: Timestamp,
    ) -> Result<(Vec<Memory>, usize), StorageError> {
        let mut connection = self.readers.acquire().await?;
        let among = count(&mut connection, callers, agent, now).await?;
        let query = sqlx::query_as(matching(needles.len()));
        let query = callers.slots().into_iter().fold(query, |query, id| query.bind(id));
        let mut query = query.bind(now.as_microsecond()).bind(agent.map(AgentId::as_str));
        for needle in needles {
            query = query.bind(needle);
        }
        let rows: Vec<MemoryRow> = query.fetch_all(&mut *connection).await?;
        Ok((all(rows)?, among))
    }
}

/// A statement for so many needles, which are bound from $8 on. Its parts are ours.
fn matching(needles: usize) -> SqlStr {
    let found: String = (0..needles).map(|at| format!(" OR instr(terms, ${}) > 0", at + 8)).collect();
    AssertSqlSafe(format!("{MATCHING} AND (terms IS NULL{found}) ORDER BY seq")).into_sql_str()
}

const MATCHING: &str = select_memory!("WHERE ", living!(), " AND ($7 IS NULL OR agent_id = $7)");
