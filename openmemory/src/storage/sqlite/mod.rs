//! One SQLite file, with one writing connection and several reading ones.
//!
//! With `synchronous=FULL` and a write-ahead log, acknowledged data is on disk. Deleted text is
//! overwritten, so forgotten data cannot be read from the file.

mod connect;
mod lock;
mod read;
mod remember;
mod remove;
#[path = "../shared/mod.rs"]
mod shared;
mod vectors;

use Sqlite as Backend;
use jiff::Timestamp;
use sqlx::{SqliteConnection as Connection, SqlitePool};

use super::statements::COUNT_ALL;
use super::{StorageError, StorageMetrics};

/// The embedded engine.
#[derive(Clone, Debug)]
pub(crate) struct Sqlite {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl Sqlite {
    /// Checks that the database responds.
    pub(crate) async fn ping(&self) -> Result<(), StorageError> {
        sqlx::query("SELECT 1 FROM memories LIMIT 1")
            .execute(&self.readers)
            .await?;
        Ok(())
    }

    /// Returns the number of memories and connections.
    pub(crate) async fn metrics(&self, now: Timestamp) -> Result<StorageMetrics, StorageError> {
        let memories = sqlx::query_scalar(COUNT_ALL)
            .bind(now.as_microsecond())
            .fetch_one(&self.readers)
            .await?;
        Ok(StorageMetrics {
            memories: Some(memories),
            connections: self.readers.size(),
            idle_connections: self.readers.num_idle(),
        })
    }

    /// Waits for running work and closes the file.
    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// Begins a transaction that holds the write lock from its start.
    async fn begin(&self) -> Result<sqlx::Transaction<'static, sqlx::Sqlite>, StorageError> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// Begins a read transaction, which sees the state at its start.
    async fn snapshot(&self) -> Result<sqlx::Transaction<'static, sqlx::Sqlite>, StorageError> {
        Ok(self.readers.begin().await?)
    }

    fn readers(&self) -> &SqlitePool {
        &self.readers
    }
}

const REMOVE_EXPIRED: &str = "DELETE FROM profiles WHERE expires_at <= $1";
/// Deletes at most $2 expired memories.
const SWEEP: &str = "DELETE FROM memories WHERE seq IN (SELECT seq FROM memories WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)";
