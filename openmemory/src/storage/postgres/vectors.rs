//! Vectors of memories, compared by pgvector.

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::PgConnection;

use super::{Postgres, StorageError};
use crate::memory::{AgentId, Callers, MemoryId, Vector, VectorSimilarity};
use crate::storage::statements::active;

impl Postgres {
    /// Compares a vector with the caller's active memories that have a vector of the same space.
    ///
    /// The query has no `ORDER BY … LIMIT`, so PostgreSQL does not use an approximate index over
    /// all callers' vectors. The result is exact.
    pub(crate) async fn closeness(
        &self,
        callers: &Callers,
        agent: Option<&AgentId>,
        asked: &Vector,
        now: Timestamp,
    ) -> Result<HashMap<MemoryId, VectorSimilarity>, StorageError> {
        let query = callers
            .slots()
            .into_iter()
            .fold(sqlx::query_as(CLOSENESS), |query, id| query.bind(id));
        let rows: Vec<(String, f64, f64)> = query
            .bind(now.as_microsecond())
            .bind(&*asked.space)
            .bind(asked.values())
            .bind(agent.map(AgentId::as_str))
            .fetch_all(&self.pool)
            .await?;
        let near = |(id, question, mean): (String, f64, f64)| {
            Ok((
                memory_id(&id)?,
                VectorSimilarity {
                    to_query: question,
                    to_mean: mean,
                },
            ))
        };
        rows.into_iter().map(near).collect()
    }
}

pub(super) async fn put(
    connection: &mut PgConnection,
    id: &MemoryId,
    vector: &Vector,
) -> Result<(), StorageError> {
    sqlx::query(PUT)
        .bind(id.as_str())
        .bind(&*vector.space)
        .bind(vector.values())
        .execute(connection)
        .await?;
    Ok(())
}

fn memory_id(text: &str) -> Result<MemoryId, StorageError> {
    MemoryId::parse(text).map_err(|_| StorageError::Unreadable("memory"))
}

const CLOSENESS: &str = concat!(
    "WITH own AS (SELECT memory_id, vector FROM memories JOIN vectors USING (memory_id) WHERE ",
    active!(),
    " AND space = $7 AND ($9::text IS NULL OR agent_id = $9)) \
    SELECT memory_id, 1 - (vector <=> $8::real[]::vector), -(vector <#> (SELECT avg(vector) FROM own)) FROM own"
);
const PUT: &str = "INSERT INTO vectors (memory_id, space, vector) SELECT memory_id, $2, $3::real[]::vector \
    FROM memories WHERE memory_id = $1 \
    ON CONFLICT (memory_id) DO UPDATE SET space = excluded.space, vector = excluded.vector";
