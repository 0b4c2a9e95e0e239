//! Finding memories by their words.

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

use super::both::count;
use super::{Sqlite, StorageError};
use crate::memory::{AgentId, CallerId, Memory};
use crate::storage::rows::{MemoryRow, all};
use crate::storage::statements::select_memory;

impl Sqlite {
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
        let mut query = sqlx::query_as(matching(needles.len()));
        query = query.bind(caller.as_str()).bind(agent.map(AgentId::as_str));
        for needle in needles {
            query = query.bind(needle);
        }
        let rows: Vec<MemoryRow> = query.fetch_all(&mut *connection).await?;
        Ok((all(rows)?, among))
    }
}

/// A statement for so many needles, which are bound from $3 on. Its parts are ours.
fn matching(needles: usize) -> SqlStr {
    let found: String = (0..needles).map(|at| format!(" OR instr(terms, ${}) > 0", at + 3)).collect();
    AssertSqlSafe(format!("{MATCHING} AND (terms IS NULL{found}) ORDER BY seq")).into_sql_str()
}

const MATCHING: &str =
    select_memory!("WHERE caller_id = $1 AND ($2 IS NULL OR agent_id = $2) AND superseded_by IS NULL");
