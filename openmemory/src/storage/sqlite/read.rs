//! Reading memories.

use sqlx::SqliteConnection;

use super::{Sqlite, StorageError};
use crate::memory::{AgentId, CallerId, Memory};
use crate::storage::rows::{MemoryRow, all};
use crate::storage::statements::{LIVING_OF_AGENT, LIVING_OF_CALLER};

impl Sqlite {
    /// The living memories of a caller, in their order of creation; of one agent, when one is named.
    pub(crate) async fn living(&self, caller: &CallerId, agent: Option<&AgentId>) -> Result<Vec<Memory>, StorageError> {
        let mut connection = self.readers.acquire().await?;
        living(&mut connection, caller, agent).await
    }
}

pub(super) async fn living(
    connection: &mut SqliteConnection,
    caller: &CallerId,
    agent: Option<&AgentId>,
) -> Result<Vec<Memory>, StorageError> {
    let query = match agent {
        Some(agent) => sqlx::query_as(LIVING_OF_AGENT).bind(caller.as_str()).bind(agent.as_str()),
        None => sqlx::query_as(LIVING_OF_CALLER).bind(caller.as_str()),
    };
    let rows: Vec<MemoryRow> = query.fetch_all(connection).await?;
    all(rows)
}
