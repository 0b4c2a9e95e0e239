//! Deleting a memory, forgetting a caller.

use jiff::Timestamp;

use super::{REMOVE_EXPIRED, SWEEP, Sqlite, StorageError};
use crate::memory::{Callers, MemoryId};
use crate::storage::ForgetSummary;
use crate::storage::statements::{DELETE, FORGET};

impl Sqlite {
    /// Deletes one memory; answers whether it was there.
    pub(crate) async fn delete(&self, id: &MemoryId) -> Result<bool, StorageError> {
        let mut transaction = self.begin().await?;
        let done = sqlx::query(DELETE)
            .bind(id.as_str())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(done.rows_affected() > 0)
    }

    /// Removes everything of a caller, history and idempotency keys included.
    pub(crate) async fn forget(&self, callers: &Callers) -> Result<ForgetSummary, StorageError> {
        let mut transaction = self.begin().await?;
        let mut removed = [0; 3];
        for caller in callers.all() {
            for (count, statement) in removed.iter_mut().zip(FORGET) {
                let done = sqlx::query(statement)
                    .bind(caller.as_str())
                    .execute(&mut *transaction)
                    .await?;
                *count += done.rows_affected();
            }
        }
        transaction.commit().await?;
        self.empty_log().await;
        Ok(ForgetSummary {
            memories: removed[0],
            profiles: removed[1],
        })
    }

    /// Removes memories and profiles that have expired, at most so many memories; answers how many
    /// memories went.
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
            self.empty_log().await;
        }
        Ok(swept.rows_affected())
    }

    /// The write-ahead log still has pages from before; a reader may keep some of them a little
    /// longer.
    async fn empty_log(&self) {
        if let Err(error) = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
            .execute(&self.writer)
            .await
        {
            tracing::debug!(%error, "the write-ahead log is emptied later");
        }
    }
}
