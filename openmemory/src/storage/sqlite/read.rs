//! Reads memories.
//!
//! The driver passes every row from its thread to ours, which costs more than reading it. So all
//! rows are returned at once, as one JSON text.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

use super::shared::count;
use super::{Sqlite, StorageError};
use crate::memory::{AgentId, Callers, Memory, MemoryId, Outline};
use crate::storage::rows::{MemoryRow, OutlineRow, all, distinct};
use crate::storage::statements::{
    active, active_of_agent, memory_columns, outline_columns, superseded_of_agent,
};

type Query<'a> = sqlx::query::QueryScalar<'a, sqlx::Sqlite, String, sqlx::sqlite::SqliteArguments>;

impl Sqlite {
    /// Loads a caller's active memories, in order of creation. `agent` limits them to one agent.
    pub(crate) async fn active(
        &self,
        callers: &Callers,
        agent: Option<&AgentId>,
        now: Timestamp,
    ) -> Result<Vec<Memory>, StorageError> {
        let query =
            of_callers(sqlx::query_scalar(ACTIVE), callers, now).bind(agent.map(AgentId::as_str));
        distinct(rows(&query.fetch_one(&self.readers).await?)?)
    }

    /// Loads a caller's superseded memories, in order of creation. `agent` limits them to one
    /// agent.
    pub(crate) async fn superseded(
        &self,
        callers: &Callers,
        agent: Option<&AgentId>,
        now: Timestamp,
    ) -> Result<Vec<Memory>, StorageError> {
        let query = of_callers(sqlx::query_scalar(SUPERSEDED), callers, now)
            .bind(agent.map(AgentId::as_str));
        distinct(rows(&query.fetch_one(&self.readers).await?)?)
    }

    /// Loads the outlines of a caller's active memories, in order of creation.
    pub(crate) async fn outlines(
        &self,
        callers: &Callers,
        agent: Option<&AgentId>,
        now: Timestamp,
    ) -> Result<Vec<Outline>, StorageError> {
        let query =
            of_callers(sqlx::query_scalar(OUTLINES), callers, now).bind(agent.map(AgentId::as_str));
        let mut rows: Vec<OutlineRow> = rows(&query.fetch_one(&self.readers).await?)?;
        rows.sort_by_key(|row| row.seq);
        all(rows)
    }

    /// Loads the active memories whose terms contain one of the search terms, in order of creation,
    /// and counts all active memories.
    pub(crate) async fn matching(
        &self,
        callers: &Callers,
        agent: Option<&AgentId>,
        search_terms: &[String],
        now: Timestamp,
    ) -> Result<(Vec<Memory>, usize), StorageError> {
        let mut connection = self.readers.acquire().await?;
        let among = count(&mut connection, callers, agent, now).await?;
        let of_agent = of_callers(
            sqlx::query_scalar(matching(search_terms.len())),
            callers,
            now,
        )
        .bind(agent.map(AgentId::as_str));
        let query = search_terms
            .iter()
            .fold(of_agent, |query, search_term| query.bind(search_term));
        let found = query.fetch_one(&mut *connection).await?;
        Ok((distinct(rows(&found)?)?, among))
    }

    /// Loads the caller's active memories with these sequence numbers, each with its number, in
    /// order of creation.
    pub(crate) async fn at_positions(
        &self,
        callers: &Callers,
        places: &[i64],
        now: Timestamp,
    ) -> Result<Vec<(i64, Memory)>, StorageError> {
        self.with_positions(
            of_callers(sqlx::query_scalar(AT_POSITIONS), callers, now).bind(Json(places)),
        )
        .await
    }

    /// Loads the caller's active memories with these ids, each with its sequence number.
    pub(crate) async fn by_ids(
        &self,
        callers: &Callers,
        ids: &[MemoryId],
        now: Timestamp,
    ) -> Result<Vec<(i64, Memory)>, StorageError> {
        let ids: Vec<&str> = ids.iter().map(MemoryId::as_str).collect();
        self.with_positions(of_callers(sqlx::query_scalar(BY_IDS), callers, now).bind(Json(ids)))
            .await
    }

    /// Runs a query and returns its memories, each with its sequence number, in order of creation.
    async fn with_positions(&self, query: Query<'_>) -> Result<Vec<(i64, Memory)>, StorageError> {
        let mut found: Vec<MemoryRow> = rows(&query.fetch_one(&self.readers).await?)?;
        found.sort_by_key(|row| row.seq);
        found
            .into_iter()
            .map(|row| Ok((row.seq, row.try_into()?)))
            .collect()
    }
}

fn of_callers<'a>(query: Query<'a>, callers: &'a Callers, now: Timestamp) -> Query<'a> {
    callers
        .slots()
        .into_iter()
        .fold(query, |query, id| query.bind(id))
        .bind(now.as_microsecond())
}

fn rows<R: DeserializeOwned>(text: &str) -> Result<Vec<R>, StorageError> {
    serde_json::from_str(text).map_err(|_| StorageError::Unreadable("memory"))
}

/// Builds the statement for this many search terms, which are bound from $8 on. Safe: it is built
/// from constants.
fn matching(search_terms: usize) -> SqlStr {
    let found: String = (0..search_terms)
        .map(|at| format!(" OR instr(terms, ${}) > 0", at + 8))
        .collect();
    AssertSqlSafe(format!("{ACTIVE} AND (terms IS NULL{found})")).into_sql_str()
}

/// Selects all rows as one JSON text, in any order.
macro_rules! select_json {
    ($columns:expr, $($rest:tt)*) => {
        concat!("SELECT json_group_array(json_array(", $columns, ")) FROM memories ", $($rest)*)
    };
}

// This index lists a caller's memories almost in the order of the file. Another index would cause
// random reads.
const ACTIVE: &str = select_json!(
    memory_columns!(),
    "INDEXED BY memories_living WHERE ",
    active_of_agent!()
);
const SUPERSEDED: &str = select_json!(memory_columns!(), "WHERE ", superseded_of_agent!());
const OUTLINES: &str = select_json!(
    outline_columns!(),
    "INDEXED BY memories_living WHERE ",
    active_of_agent!()
);
const AT_POSITIONS: &str = select_json!(
    memory_columns!(),
    "WHERE ",
    active!(),
    " AND seq IN (SELECT value FROM json_each($7))"
);
const BY_IDS: &str = select_json!(
    memory_columns!(),
    "WHERE ",
    active!(),
    " AND memory_id IN (SELECT value FROM json_each($7))"
);
