//! PostgreSQL 15 or later: several instances of this service may share one database.
//!
//! What belongs to one caller is changed by one transaction at a time: each takes the caller's
//! advisory lock before it reads, so that a plan is made from what will still be true when it is
//! written.

mod connect;
mod lock;
mod meaning;
mod read;
mod remember;
mod remove;
#[path = "../shared/mod.rs"]
mod shared;
mod vectors;

use Postgres as Backend;
use jiff::Timestamp;
use sqlx::{PgConnection as Connection, PgPool};

use super::statements::COUNT_ALL;
use super::{StorageError, StorageMetrics};
pub(crate) use connect::PostgresOptions;

/// The engine for more than one machine.
#[derive(Clone, Debug)]
pub(crate) struct Postgres {
    pool: PgPool,
}

impl Postgres {
    /// Asks the database whether it still answers.
    pub(crate) async fn ping(&self) -> Result<(), StorageError> {
        sqlx::query("SELECT 1 FROM memories LIMIT 1")
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// How much is kept, by how many connections.
    pub(crate) async fn metrics(&self, now: Timestamp) -> Result<StorageMetrics, StorageError> {
        let memories = sqlx::query_scalar(COUNT_ALL)
            .bind(now.as_microsecond())
            .fetch_one(&self.pool)
            .await?;
        Ok(StorageMetrics {
            memories,
            connections: self.pool.size(),
            idle_connections: self.pool.num_idle(),
        })
    }

    /// Finishes what is under way and closes the connections.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }

    async fn begin(&self) -> Result<sqlx::Transaction<'static, sqlx::Postgres>, StorageError> {
        Ok(self.pool.begin().await?)
    }

    /// A transaction that sees everything as it is at its start.
    async fn snapshot(&self) -> Result<sqlx::Transaction<'static, sqlx::Postgres>, StorageError> {
        Ok(self
            .pool
            .begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            .await?)
    }

    fn readers(&self) -> &PgPool {
        &self.pool
    }
}

/// Rows that somebody else is about to change are left to them: two of these never wait for each
/// other.
const REMOVE_EXPIRED: &str = "DELETE FROM profiles WHERE (caller_id, agent_id) IN \
    (SELECT caller_id, agent_id FROM profiles WHERE expires_at <= $1 FOR UPDATE SKIP LOCKED)";
/// At most $2 of the memories that have expired.
const SWEEP: &str = "DELETE FROM memories WHERE seq IN \
    (SELECT seq FROM memories WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)";
