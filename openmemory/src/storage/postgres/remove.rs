//! Deleting a memory, forgetting a caller.

use super::lock::lock_one;
use super::{Postgres, StorageError};
use crate::memory::{CallerId, MemoryId};
use crate::storage::Forgotten;
use crate::storage::statements::{DELETE, FORGET};

impl Postgres {
    /// Deletes one memory; answers whether it was there.
    pub(crate) async fn delete(&self, id: &MemoryId) -> Result<bool, StorageError> {
        let mut transaction = self.begin().await?;
        let owner: Option<String> = sqlx::query_scalar("SELECT caller_id FROM memories WHERE memory_id = $1")
            .bind(id.as_str())
            .fetch_optional(&mut *transaction)
            .await?;
        let Some(owner) = owner else { return Ok(false) };
        let owner = CallerId::parse(&owner).map_err(|_| StorageError::Unreadable("memory"))?;
        lock_one(&mut transaction, &owner).await?;
        let done = sqlx::query(DELETE).bind(id.as_str()).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(done.rows_affected() > 0)
    }

    /// Removes everything of a caller, history and idempotency keys included.
    pub(crate) async fn forget(&self, caller: &CallerId) -> Result<Forgotten, StorageError> {
        let mut transaction = self.begin().await?;
        lock_one(&mut transaction, caller).await?;
        let mut removed = [0; 3];
        for (count, statement) in removed.iter_mut().zip(FORGET) {
            let done = sqlx::query(statement).bind(caller.as_str()).execute(&mut *transaction).await?;
            *count = done.rows_affected();
        }
        transaction.commit().await?;
        Ok(Forgotten { memories: removed[0], profiles: removed[1] })
    }
}
