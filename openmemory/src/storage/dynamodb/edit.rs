//! Edits single memories.

use jiff::Timestamp;

use super::actions::Actions;
use super::commit::Backoff;
use super::error::Written;
use super::keys;
use super::memory_item::Pointer;
use super::{Dynamo, StorageError};
use crate::memory::{Edit, Memory, MemoryId};

impl Dynamo {
    /// Edits a memory that has not expired and returns it. Returns `None` if there is none.
    pub(crate) async fn edit(
        &self,
        id: &MemoryId,
        edit: &Edit,
        now: Timestamp,
    ) -> Result<Option<Memory>, StorageError> {
        let mut backoff = Backoff::new();
        let key = keys::pointer(id);
        loop {
            let found = self.get([key.clone()]).await?;
            let Some(item) = found.get(&key) else {
                return Ok(None);
            };
            let partition = Pointer::try_from(item)?.partition;
            let _locks = self.locks.lock(std::slice::from_ref(&partition)).await;
            let mut copy = self.partition_copy(partition).await?;
            let Some(memory) = copy.edit(id, edit, now) else {
                return Ok(None);
            };
            let mut actions = Actions::new(&self.table);
            copy.write(&mut actions, &self.keys)?;
            if self.commit(actions).await? == Written::Yes {
                return Ok(Some(memory));
            }
            backoff.after_conflict().await?;
        }
    }
}
