//! Finding memories by their words.

use jiff::Timestamp;

use super::both::count;
use super::{Postgres, StorageError};
use crate::memory::{AgentId, Callers, Memory};
use crate::storage::rows::{MemoryRow, all};
use crate::storage::statements::{living, select_memory};

impl Postgres {
    /// The living memories in whose terms one of the needles is, in their order of creation, and how many living
    /// memories there are in all.
    pub(crate) async fn matching(
        &self,
        callers: &Callers,
        agent: Option<&AgentId>,
        needles: &[String],
        now: Timestamp,
    ) -> Result<(Vec<Memory>, usize), StorageError> {
        let mut connection = self.pool.acquire().await?;
        let among = count(&mut connection, callers, agent, now).await?;
        let query = callers.slots().into_iter().fold(sqlx::query_as(MATCHING), |query, id| query.bind(id));
        let query = query.bind(now.as_microsecond()).bind(agent.map(AgentId::as_str)).bind(needles);
        let rows: Vec<MemoryRow> = query.fetch_all(&mut *connection).await?;
        Ok((all(rows)?, among))
    }
}

const MATCHING: &str = select_memory!(
    "WHERE ",
    living!(),
    " AND ($7::text IS NULL OR agent_id = $7) AND (terms IS NULL OR \
     EXISTS (SELECT 1 FROM unnest($8::text[]) AS needle WHERE strpos(terms, needle) > 0)) ORDER BY seq"
);
