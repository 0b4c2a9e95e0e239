//! Exports and imports everything, and reports the state of the database.

use jiff::Timestamp;
use tokio::sync::mpsc;

use super::MemoryService;
use crate::embedding::Embedder;
use crate::memory::ImportCounts;
use crate::storage::{ExportChunk, StorageError, StorageMetrics};

impl MemoryService {
    /// Exports a snapshot of everything in chunks, followed by [`ExportChunk::End`].
    pub(crate) fn export(&self) -> mpsc::Receiver<Result<ExportChunk, StorageError>> {
        let (out, chunks) = mpsc::channel(2);
        let engine = self.engine.clone();
        tokio::spawn(async move {
            let end = engine.export(&out).await.map(|()| ExportChunk::End);
            // The client may have disconnected.
            let _ = out.send(end).await;
        });
        chunks
    }

    /// Whether an import has to be checked completely before it begins.
    pub(crate) fn imports_in_parts(&self) -> bool {
        self.engine.imports_in_parts()
    }

    /// Adds the records that do not exist yet. Adds nothing unless [`ExportChunk::End`] arrives,
    /// or adds them [in parts](Self::imports_in_parts).
    pub(crate) async fn import(
        &self,
        chunks: mpsc::Receiver<ExportChunk>,
    ) -> Result<ImportCounts, StorageError> {
        let added = self.engine.import(chunks, self.now()).await?;
        self.wake_worker();
        Ok(added)
    }

    /// Checks that the database responds.
    pub(crate) async fn ping(&self) -> Result<(), StorageError> {
        self.engine.ping().await
    }

    /// Returns whether the embedding model fails. `None` if no model is used.
    pub(crate) fn is_embedding_failing(&self) -> Option<bool> {
        self.embedder.as_ref().map(Embedder::is_failing)
    }

    /// Returns the metrics of the database.
    pub(crate) async fn metrics(&self, now: Timestamp) -> Result<StorageMetrics, StorageError> {
        self.engine.metrics(now).await
    }
}
