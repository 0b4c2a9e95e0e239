//! Reads memories.

use jiff::Timestamp;

use super::shared::count;
use super::{Postgres, StorageError};
use crate::memory::{AgentId, Callers, Memory, MemoryId, Outline};
use crate::storage::rows::{MemoryRow, OutlineRow, all};
use crate::storage::statements::{
    active, active_of_agent, outline_columns, select_memory, superseded_of_agent,
};

impl Postgres {
    /// Loads a caller's active memories, in order of creation. `agent` limits them to one agent.
    pub(crate) async fn active(
        &self,
        callers: &Callers,
        agent: Option<&AgentId>,
        now: Timestamp,
    ) -> Result<Vec<Memory>, StorageError> {
        let query = callers
            .slots()
            .into_iter()
            .fold(sqlx::query_as(ACTIVE), |query, id| query.bind(id))
            .bind(now.as_microsecond())
            .bind(agent.map(AgentId::as_str));
        let rows: Vec<MemoryRow> = query.fetch_all(&self.pool).await?;
        all(rows)
    }

    /// Loads a caller's superseded memories, in order of creation. `agent` limits them to one
    /// agent.
    pub(crate) async fn superseded(
        &self,
        callers: &Callers,
        agent: Option<&AgentId>,
        now: Timestamp,
    ) -> Result<Vec<Memory>, StorageError> {
        let query = callers
            .slots()
            .into_iter()
            .fold(sqlx::query_as(SUPERSEDED), |query, id| query.bind(id))
            .bind(now.as_microsecond())
            .bind(agent.map(AgentId::as_str));
        let rows: Vec<MemoryRow> = query.fetch_all(&self.pool).await?;
        all(rows)
    }

    /// Loads the outlines of a caller's active memories, in order of creation.
    pub(crate) async fn outlines(
        &self,
        callers: &Callers,
        agent: Option<&AgentId>,
        now: Timestamp,
    ) -> Result<Vec<Outline>, StorageError> {
        let query = callers
            .slots()
            .into_iter()
            .fold(sqlx::query_as(OUTLINES), |query, id| query.bind(id))
            .bind(now.as_microsecond())
            .bind(agent.map(AgentId::as_str));
        let rows: Vec<OutlineRow> = query.fetch_all(&self.pool).await?;
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
        let mut connection = self.pool.acquire().await?;
        let among = count(&mut connection, callers, agent, now).await?;
        let query = callers
            .slots()
            .into_iter()
            .fold(sqlx::query_as(MATCHING), |query, id| query.bind(id))
            .bind(now.as_microsecond())
            .bind(agent.map(AgentId::as_str))
            .bind(search_terms);
        let rows: Vec<MemoryRow> = query.fetch_all(&mut *connection).await?;
        Ok((all(rows)?, among))
    }

    /// Loads the caller's active memories with these sequence numbers, each with its number, in
    /// order of creation.
    pub(crate) async fn at_positions(
        &self,
        callers: &Callers,
        places: &[i64],
        now: Timestamp,
    ) -> Result<Vec<(i64, Memory)>, StorageError> {
        let query = callers
            .slots()
            .into_iter()
            .fold(sqlx::query_as(AT_POSITIONS), |query, id| query.bind(id))
            .bind(now.as_microsecond())
            .bind(places);
        with_positions(query.fetch_all(&self.pool).await?)
    }

    /// Loads the caller's active memories with these ids, each with its sequence number.
    pub(crate) async fn by_ids(
        &self,
        callers: &Callers,
        ids: &[MemoryId],
        now: Timestamp,
    ) -> Result<Vec<(i64, Memory)>, StorageError> {
        let ids: Vec<&str> = ids.iter().map(MemoryId::as_str).collect();
        let query = callers
            .slots()
            .into_iter()
            .fold(sqlx::query_as(BY_IDS), |query, id| query.bind(id))
            .bind(now.as_microsecond())
            .bind(ids);
        with_positions(query.fetch_all(&self.pool).await?)
    }
}

/// Converts rows into memories, each with its sequence number.
fn with_positions(rows: Vec<MemoryRow>) -> Result<Vec<(i64, Memory)>, StorageError> {
    rows.into_iter()
        .map(|row| Ok((row.seq, row.try_into()?)))
        .collect()
}

const ACTIVE: &str = select_memory!("WHERE ", active_of_agent!(), " ORDER BY seq");
const SUPERSEDED: &str = select_memory!("WHERE ", superseded_of_agent!(), " ORDER BY seq");
const OUTLINES: &str = concat!(
    "SELECT ",
    outline_columns!(),
    " FROM memories WHERE ",
    active_of_agent!(),
    " ORDER BY seq"
);
const MATCHING: &str = select_memory!(
    "WHERE ",
    active_of_agent!(),
    " AND (terms IS NULL OR \
     EXISTS (SELECT 1 FROM unnest($8::text[]) AS search_term WHERE strpos(terms, search_term) > 0)) ORDER BY seq"
);
const AT_POSITIONS: &str = select_memory!("WHERE ", active!(), " AND seq = ANY($7) ORDER BY seq");
const BY_IDS: &str = select_memory!("WHERE ", active!(), " AND memory_id = ANY($7) ORDER BY seq");
