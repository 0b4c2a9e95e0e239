//! Vectors of memories.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::{Sqlite, StorageError};
use crate::memory::{AgentId, Callers, MemoryId, Vector, VectorSimilarity};
use crate::storage::statements::active;

impl Sqlite {
    /// Compares a vector with the caller's active memories that have a vector of the same space.
    pub(crate) async fn closeness(
        &self,
        callers: &Callers,
        agent: Option<&AgentId>,
        asked: &Vector,
        now: Timestamp,
    ) -> Result<HashMap<MemoryId, VectorSimilarity>, StorageError> {
        let mut connection = self.readers.acquire().await?;
        let vectors = vectors(&mut connection, callers, agent, &asked.space, now).await?;
        Ok(VectorSimilarity::compare_all(vectors, asked)
            .into_iter()
            .collect())
    }
}

async fn vectors(
    connection: &mut SqliteConnection,
    callers: &Callers,
    agent: Option<&AgentId>,
    space: &Arc<str>,
    now: Timestamp,
) -> Result<Vec<(MemoryId, Vector)>, StorageError> {
    let unbound = sqlx::query_as(if agent.is_some() { OF_AGENT } else { OF_CALLER });
    let of_space = callers
        .slots()
        .into_iter()
        .fold(unbound, |query, id| query.bind(id))
        .bind(now.as_microsecond())
        .bind(&**space);
    let query = match agent {
        Some(agent) => of_space.bind(agent.as_str()),
        None => of_space,
    };
    let rows: Vec<(String, Vec<u8>)> = query.fetch_all(connection).await?;
    read(rows, space)
}

fn read(
    rows: Vec<(String, Vec<u8>)>,
    space: &Arc<str>,
) -> Result<Vec<(MemoryId, Vector)>, StorageError> {
    let read = |(id, bytes): (String, Vec<u8>)| {
        let id = MemoryId::parse(&id).map_err(|_| StorageError::Unreadable("memory"))?;
        let vector = Vector::new(Arc::clone(space), from_bytes(&bytes))
            .ok_or(StorageError::Unreadable("vector"))?;
        Ok((id, vector))
    };
    rows.into_iter().map(read).collect()
}

pub(super) async fn put(
    connection: &mut SqliteConnection,
    id: &MemoryId,
    vector: &Vector,
) -> Result<(), StorageError> {
    let bytes: Vec<u8> = vector
        .values()
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    sqlx::query(PUT)
        .bind(id.as_str())
        .bind(&*vector.space)
        .bind(bytes)
        .execute(connection)
        .await?;
    Ok(())
}

fn from_bytes(bytes: &[u8]) -> Vec<f32> {
    bytes
        .chunks_exact(4)
        .map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]))
        .collect()
}

const OF_CALLER: &str = concat!(
    "SELECT memory_id, vector FROM memories JOIN vectors USING (memory_id) WHERE ",
    active!(),
    " AND space = $7"
);
const OF_AGENT: &str = concat!(
    "SELECT memory_id, vector FROM memories JOIN vectors USING (memory_id) WHERE ",
    active!(),
    " AND space = $7 AND agent_id = $8"
);
const PUT: &str = "INSERT INTO vectors (memory_id, space, vector) SELECT memory_id, $2, $3 FROM memories \
    WHERE memory_id = $1 ON CONFLICT (memory_id) DO UPDATE SET space = excluded.space, vector = excluded.vector";
