//! Memories without a vector.

use super::super::vectors::put;
use super::{Backend, StorageError};
use crate::memory::{MemoryId, Vector};
use crate::storage::rows::{PendingEmbeddingRow, all};
use crate::storage::statements::WITHOUT_VECTOR;
use crate::storage::{PendingEmbedding, Place};

impl Backend {
    /// Loads active memories after the place `after` that have no vector of this space.
    pub(crate) async fn without_vector(
        &self,
        space: &str,
        after: Option<&Place>,
        most: i64,
    ) -> Result<Vec<PendingEmbedding>, StorageError> {
        let rows: Vec<PendingEmbeddingRow> = sqlx::query_as(WITHOUT_VECTOR)
            .bind(space)
            .bind(after.map_or(0, sequence))
            .bind(most)
            .fetch_all(self.readers())
            .await?;
        all(rows)
    }

    /// Stores vectors for memories that still exist.
    pub(crate) async fn put_vectors(
        &self,
        vectors: Vec<(MemoryId, Vector)>,
    ) -> Result<(), StorageError> {
        let mut transaction = self.begin().await?;
        for (id, vector) in &vectors {
            put(&mut transaction, id, vector).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

fn sequence(place: &Place) -> i64 {
    match place {
        Place::Sequence(seq) => *seq,
        #[cfg(feature = "dynamodb")]
        Place::Key { .. } => 0,
    }
}
