//! Memories whose time is over are removed in the background, some at a time.

use std::time::Duration;

use tokio::task::JoinHandle;

use crate::api::now;
use crate::storage::{Engine, StorageError};

/// Memories that are removed in one transaction.
const BATCH: i64 = 500;
/// Between two transactions, so that others get their turn.
const PAUSE_BETWEEN_BATCHES: Duration = Duration::from_millis(100);
/// Between two rounds.
const SWEEP_INTERVAL: Duration = Duration::from_secs(3600);

/// Works until it is dropped.
#[derive(Debug)]
pub(crate) struct Sweeper(JoinHandle<()>);

impl Sweeper {
    /// Starts at once.
    pub(crate) fn start(engine: Engine) -> Self {
        Self(tokio::spawn(run(engine)))
    }

    /// Stops before the next batch.
    pub(crate) fn stop(&self) {
        self.0.abort();
    }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn run(engine: Engine) {
    loop {
        match remove_expired(&engine).await {
            Ok(0) => {}
            Ok(memories) => tracing::info!(memories, "expired memories removed"),
            Err(error) => tracing::warn!(%error, "expired memories are removed later"),
        }
        tokio::time::sleep(SWEEP_INTERVAL).await;
    }
}

async fn remove_expired(engine: &Engine) -> Result<u64, StorageError> {
    let mut removed = 0;
    loop {
        let some = engine.sweep(now(), BATCH).await?;
        removed += some;
        if some < BATCH.unsigned_abs() {
            return Ok(removed);
        }
        tokio::time::sleep(PAUSE_BETWEEN_BATCHES).await;
    }
}
