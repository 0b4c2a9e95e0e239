//! The operations of the memory service, independent of HTTP: applies the rules to storage.

mod administration;
mod candidates;
mod clock;
mod embedding_worker;
mod identities;
mod list;
mod search;
mod search_slots;
mod store;
mod sweep;

use std::sync::Arc;

pub use clock::Clock;
pub(crate) use embedding_worker::EmbeddingWorker;

use jiff::Timestamp;

use crate::embedding::{EmbedError, Embedder, Table};
use crate::memory::Rules;
use crate::storage::Engine;
use search_slots::SearchSlots;
use sweep::Sweeper;

/// All operations on memories and profiles. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct MemoryService {
    engine: Engine,
    rules: Rules,
    clock: Clock,
    embedder: Option<Embedder>,
    worker: Option<Arc<EmbeddingWorker>>,
    sweeper: Arc<Sweeper>,
    search_slots: Arc<SearchSlots>,
    /// The bundled word vectors, if memories are compared by them.
    table: Option<&'static Table>,
}

impl MemoryService {
    pub(crate) fn new(
        engine: Engine,
        rules: Rules,
        clock: Clock,
        embedder: Option<Embedder>,
        worker: Option<Arc<EmbeddingWorker>>,
    ) -> Self {
        let sweeper = Arc::new(Sweeper::start(engine.clone(), clock.clone()));
        Self {
            engine,
            rules,
            clock,
            embedder,
            worker,
            sweeper,
            search_slots: Arc::new(SearchSlots::new()),
            table: None,
        }
    }

    /// Sets the word vectors by which memories are compared.
    pub(crate) fn with_table(self, table: Option<&'static Table>) -> Self {
        Self { table, ..self }
    }

    /// The current time.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Stops the background tasks and closes the database.
    pub(crate) async fn close(&self) {
        if let Some(worker) = &self.worker {
            worker.stop();
        }
        self.sweeper.stop();
        self.engine.close().await;
    }

    fn wake_worker(&self) {
        if let Some(worker) = &self.worker {
            worker.wake();
        }
    }
}

/// Logs an embedding failure and continues without vectors.
fn log_failure<T>(vectors: Result<T, EmbedError>) -> Option<T> {
    vectors
        .inspect_err(|error| tracing::warn!(%error, "embedding failed, comparing by words only"))
        .ok()
}
