//! Deletes memories and forgets callers.

use jiff::Timestamp;

use super::shared::forget;
use super::{REMOVE_EXPIRED, SWEEP, Sqlite, StorageError};
use crate::memory::{Callers, MemoryId};
use crate::storage::ForgetSummary;
use crate::storage::statements::DELETE;

impl Sqlite {
    /// Deletes a memory. Returns whether it existed.
    pub(crate) async fn delete(&self, id: &MemoryId) -> Result<bool, StorageError> {
        let mut transaction = self.begin().await?;
        let done = sqlx::query(DELETE)
            .bind(id.as_str())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(done.rows_affected() > 0)
    }

    /// Deletes everything about a person, including links, history and idempotency keys.
    pub(crate) async fn forget(&self, callers: &Callers) -> Result<ForgetSummary, StorageError> {
        let mut transaction = self.begin().await?;
        let summary = forget(&mut transaction, callers).await?;
        transaction.commit().await?;
        self.truncate_log().await;
        Ok(summary)
    }

    /// Deletes expired profiles and at most `most` expired memories. Returns the number of deleted
    /// memories.
    pub(crate) async fn sweep(&self, now: Timestamp, most: i64) -> Result<u64, StorageError> {
        let mut transaction = self.begin().await?;
        let swept = sqlx::query(SWEEP)
            .bind(now.as_microsecond())
            .bind(most)
            .execute(&mut *transaction)
            .await?;
        sqlx::query(REMOVE_EXPIRED)
            .bind(now.as_microsecond())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        if swept.rows_affected() > 0 {
            self.truncate_log().await;
        }
        Ok(swept.rows_affected())
    }

    /// Truncates the write-ahead log, which still contains deleted pages. A reader may keep some of
    /// them a little longer.
    async fn truncate_log(&self) {
        if let Err(error) = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
            .execute(&self.writer)
            .await
        {
            tracing::debug!(%error, "could not truncate the write-ahead log; retrying after the next deletion");
        }
    }
}
