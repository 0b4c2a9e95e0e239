//! Edits single memories.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::super::lock::{lock, share_links};
use super::{Backend, Connection, StorageError};
use crate::matching::LookupKeys;
use crate::memory::{Edit, Memory, MemoryId};
use crate::storage::rows::{MemoryRow, json};
use crate::storage::statements::{EDIT, select_memory};

impl Backend {
    /// Edits a memory that has not expired and returns it. Returns `None` if there is none.
    pub(crate) async fn edit(
        &self,
        id: &MemoryId,
        edit: &Edit,
        now: Timestamp,
    ) -> Result<Option<Memory>, StorageError> {
        let mut transaction = self.begin().await?;
        // The owner of a memory changes only when ids are linked or unlinked.
        share_links(&mut transaction).await?;
        let Some(found) = find(&mut transaction, id).await? else {
            return Ok(None);
        };
        // Another request may change the memory until the lock is held, so it is read again.
        lock(&mut transaction, &BTreeSet::from([&found.caller_id])).await?;
        let locked = find(&mut transaction, id).await?;
        let Some(mut memory) = locked.filter(|memory| !memory.is_expired(now)) else {
            return Ok(None);
        };
        edit.apply(&mut memory);
        let is_written = write(&mut transaction, &memory).await?;
        transaction.commit().await?;
        Ok(is_written.then_some(memory))
    }
}

async fn find(connection: &mut Connection, id: &MemoryId) -> Result<Option<Memory>, StorageError> {
    let row: Option<MemoryRow> = sqlx::query_as(BY_ID)
        .bind(id.as_str())
        .fetch_optional(connection)
        .await?;
    row.map(Memory::try_from).transpose()
}

/// Returns whether the memory still existed.
async fn write(connection: &mut Connection, memory: &Memory) -> Result<bool, StorageError> {
    let keys = LookupKeys::new(&memory.content, &memory.metadata);
    let done = sqlx::query(EDIT)
        .bind(i64::from(memory.importance))
        .bind(json(&memory.metadata)?)
        .bind(memory.happened_at.as_microsecond())
        .bind(keys.terms)
        .bind(keys.claim_hash)
        .bind(memory.id.as_str())
        .execute(connection)
        .await?;
    Ok(done.rows_affected() > 0)
}

const BY_ID: &str = select_memory!("WHERE memory_id = $1");
