//! PostgreSQL 15 or later. Several instances of this service may share one database.
//!
//! Each transaction takes a caller's advisory lock before it reads, so only one at a time changes
//! the data of one caller. What a plan is based on is therefore still true when the plan is
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

/// The engine for deployments with several instances.
#[derive(Clone, Debug)]
pub(crate) struct Postgres {
    pool: PgPool,
}

impl Postgres {
    /// Checks that the database responds.
    pub(crate) async fn ping(&self) -> Result<(), StorageError> {
        sqlx::query("SELECT 1 FROM memories LIMIT 1")
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Returns the number of memories and connections.
    pub(crate) async fn metrics(&self, now: Timestamp) -> Result<StorageMetrics, StorageError> {
        let memories = sqlx::query_scalar(COUNT_ALL)
            .bind(now.as_microsecond())
            .fetch_one(&self.pool)
            .await?;
        Ok(StorageMetrics {
            memories: Some(memories),
            connections: self.pool.size(),
            idle_connections: self.pool.num_idle(),
        })
    }

    /// Waits for running work and closes the connections.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }

    async fn begin(&self) -> Result<sqlx::Transaction<'static, sqlx::Postgres>, StorageError> {
        Ok(self.pool.begin().await?)
    }

    /// Begins a read-only transaction that sees the state at its start.
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

/// Skips rows that another transaction is changing, so that two of these cannot deadlock.
const REMOVE_EXPIRED: &str = "DELETE FROM profiles WHERE (caller_id, agent_id) IN \
    (SELECT caller_id, agent_id FROM profiles WHERE expires_at <= $1 FOR UPDATE SKIP LOCKED)";
/// Deletes at most $2 expired memories.
const SWEEP: &str = "DELETE FROM memories WHERE seq IN \
    (SELECT seq FROM memories WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)";
