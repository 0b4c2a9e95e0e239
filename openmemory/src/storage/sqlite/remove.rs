//! Deleting a memory, forgetting a caller.

use super::{Sqlite, StorageError};
use crate::memory::{CallerId, MemoryId};
use crate::storage::Forgotten;
use crate::storage::statements::{DELETE, FORGET};

impl Sqlite {
    /// Deletes one memory; answers whether it was there.
    pub(crate) async fn delete(&self, id: &MemoryId) -> Result<bool, StorageError> {
        let mut transaction = self.begin().await?;
        let done = sqlx::query(DELETE).bind(id.as_str()).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(done.rows_affected() > 0)
    }

    /// Removes everything of a caller, history and idempotency keys included.
    pub(crate) async fn forget(&self, caller: &CallerId) -> Result<Forgotten, StorageError> {
        let mut transaction = self.begin().await?;
        let mut removed = [0; 3];
        for (count, statement) in removed.iter_mut().zip(FORGET) {
            let done = sqlx::query(statement).bind(caller.as_str()).execute(&mut *transaction).await?;
            *count = done.rows_affected();
        }
        transaction.commit().await?;
        self.empty_log().await;
        Ok(Forgotten { memories: removed[0], profiles: removed[1] })
    }

    /// The write-ahead log still has pages from before; a reader may keep some of them a little longer.
    async fn empty_log(&self) {
        if let Err(error) = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&self.writer).await {
            tracing::debug!(%error, "the write-ahead log is emptied later");
        }
    }
}
