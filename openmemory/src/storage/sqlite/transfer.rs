//! Everything out, and back in.

use super::profiles::{ADD, insert_profile};
use super::write::{insert, keep};
use super::{Sqlite, StorageError};
use crate::memory::{ImportCounts, Snapshot};
use crate::storage::rows::{MemoryRow, ProfileRow, ReceiptRow, all};

impl Sqlite {
    /// All that is kept at one moment.
    pub(crate) async fn export(&self) -> Result<Snapshot, StorageError> {
        let mut transaction = self.readers.begin().await?;
        let memories: Vec<MemoryRow> =
            sqlx::query_as("SELECT * FROM memories ORDER BY seq").fetch_all(&mut *transaction).await?;
        let profiles: Vec<ProfileRow> =
            sqlx::query_as("SELECT * FROM profiles ORDER BY agent_id, caller_id").fetch_all(&mut *transaction).await?;
        let receipts: Vec<ReceiptRow> = sqlx::query_as("SELECT * FROM receipts ORDER BY caller_id, key, position")
            .fetch_all(&mut *transaction)
            .await?;
        Ok(Snapshot { memories: all(memories)?, profiles: all(profiles)?, receipts: all(receipts)? })
    }

    /// Adds what is not there yet and leaves the rest as it is; all of it or nothing.
    pub(crate) async fn import(&self, snapshot: &Snapshot) -> Result<ImportCounts, StorageError> {
        let mut transaction = self.begin().await?;
        let mut added = ImportCounts::default();
        for memory in &snapshot.memories {
            added.memories += insert(&mut transaction, memory).await?;
        }
        for profile in &snapshot.profiles {
            added.profiles += insert_profile(&mut transaction, profile, ADD).await?;
        }
        for kept in &snapshot.receipts {
            added.receipts += keep(&mut transaction, kept).await?;
        }
        transaction.commit().await?;
        Ok(added)
    }
}
