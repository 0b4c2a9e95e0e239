//! Finding memories by their words.

use super::both::count;
use super::{Postgres, StorageError};
use crate::memory::{AgentId, CallerId, Memory};
use crate::storage::rows::{MemoryRow, all};
use crate::storage::statements::select_memory;

impl Postgres {
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
}

const MATCHING: &str = select_memory!(
    "WHERE caller_id = $1 AND ($2::text IS NULL OR agent_id = $2) AND superseded_by IS NULL AND (terms IS NULL OR \
     EXISTS (SELECT 1 FROM unnest($3::text[]) AS needle WHERE strpos(terms, needle) > 0)) ORDER BY seq"
);
