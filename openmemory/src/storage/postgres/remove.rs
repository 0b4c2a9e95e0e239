//! Deletes memories and forgets callers.

use jiff::Timestamp;

use super::lock::lock_one;
use super::shared::forget;
use super::{Postgres, REMOVE_EXPIRED, SWEEP, StorageError};
use crate::memory::{CallerId, Callers, MemoryId};
use crate::storage::ForgetSummary;
use crate::storage::statements::DELETE;

impl Postgres {
    /// Deletes a memory. Returns whether it existed.
    pub(crate) async fn delete(&self, id: &MemoryId) -> Result<bool, StorageError> {
        let mut transaction = self.begin().await?;
        let owner: Option<String> =
            sqlx::query_scalar("SELECT caller_id FROM memories WHERE memory_id = $1")
                .bind(id.as_str())
                .fetch_optional(&mut *transaction)
                .await?;
        let Some(owner) = owner else { return Ok(false) };
        lock_one(&mut transaction, &CallerId::stored(owner)).await?;
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
        Ok(swept.rows_affected())
    }
}
