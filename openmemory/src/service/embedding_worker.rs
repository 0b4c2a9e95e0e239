//! Embeds memories in the background: after an import, an outage, or a change of the embedding.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::embedding::{EmbedError, Embedder};
use crate::storage::{Engine, StorageError};

/// Memories embedded in one batch.
const BATCH: i64 = 32;
/// Delay after a failure. It doubles up to the maximum.
const RETRY_DELAY: Duration = Duration::from_secs(1);
const MAX_RETRY_DELAY: Duration = Duration::from_secs(300);
/// Interval between checks without a wake-up. Another instance may have imported memories.
const POLL_INTERVAL: Duration = Duration::from_secs(600);

/// The background task. Dropping it stops the task.
#[derive(Debug)]
pub(crate) struct EmbeddingWorker {
    wake: Arc<Notify>,
    task: JoinHandle<()>,
}

/// Why a batch could not be embedded.
#[derive(Debug, thiserror::Error)]
enum WorkError {
    #[error(transparent)]
    Embed(#[from] EmbedError),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl EmbeddingWorker {
    /// Starts the task.
    pub(crate) fn start(engine: Engine, embedder: Embedder) -> Self {
        let wake = Arc::new(Notify::new());
        let task = tokio::spawn(run(engine, embedder, Arc::clone(&wake)));
        Self { wake, task }
    }

    /// Signals that there may be memories without a vector.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Stops the task at its next await point.
    pub(crate) fn stop(&self) {
        self.task.abort();
    }
}

impl Drop for EmbeddingWorker {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn run(engine: Engine, embedder: Embedder, wake: Arc<Notify>) {
    let mut retry_delay = RETRY_DELAY;
    loop {
        match embed_pending(&engine, &embedder).await {
            Ok(embedded) => {
                if embedded > 0 {
                    tracing::info!(memories = embedded, "memories embedded");
                }
                retry_delay = RETRY_DELAY;
                // A timeout is fine: it only means that nobody signalled new work.
                let _ = tokio::time::timeout(POLL_INTERVAL, wake.notified()).await;
            }
            Err(error) => {
                tracing::warn!(%error, seconds = retry_delay.as_secs(), "embedding failed; retrying later");
                tokio::time::sleep(retry_delay).await;
                retry_delay = (retry_delay * 2).min(MAX_RETRY_DELAY);
            }
        }
    }
}

async fn embed_pending(engine: &Engine, embedder: &Embedder) -> Result<usize, WorkError> {
    let mut after = None;
    let mut embedded = 0;
    loop {
        let pending = engine
            .without_vector(embedder.space(), after.as_ref(), BATCH)
            .await?;
        if pending.is_empty() {
            return Ok(embedded);
        }
        let contents: Vec<&str> = pending
            .iter()
            .map(|memory| memory.content.as_str())
            .collect();
        let vectors = embedder.passages(&contents).await?;
        embedded += vectors.len();
        let mut ids = Vec::new();
        for memory in pending {
            ids.push(memory.id);
            after = Some(memory.place);
        }
        engine
            .put_vectors(ids.into_iter().zip(vectors).collect())
            .await?;
    }
}
