//! Removes expired memories in the background, in batches.

use std::time::Duration;

use tokio::task::JoinHandle;

use super::Clock;
use crate::storage::{Engine, StorageError};

/// Memories removed in one transaction.
const BATCH: i64 = 500;
/// Pause between two transactions, so that other writers get a chance.
const PAUSE_BETWEEN_BATCHES: Duration = Duration::from_millis(100);
/// Interval between two sweeps.
const SWEEP_INTERVAL: Duration = Duration::from_secs(3600);

/// The background task. Dropping it stops the task.
#[derive(Debug)]
pub(crate) struct Sweeper(JoinHandle<()>);

impl Sweeper {
    /// Starts the task.
    pub(crate) fn start(engine: Engine, clock: Clock) -> Self {
        Self(tokio::spawn(run(engine, clock)))
    }

    /// Stops the task at its next await point.
    pub(crate) fn stop(&self) {
        self.0.abort();
    }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn run(engine: Engine, clock: Clock) {
    loop {
        match remove_expired(&engine, &clock).await {
            Ok(0) => {}
            Ok(memories) => tracing::info!(memories, "expired memories removed"),
            Err(error) => {
                tracing::warn!(%error, "could not remove expired memories; retrying later")
            }
        }
        tokio::time::sleep(SWEEP_INTERVAL).await;
    }
}

async fn remove_expired(engine: &Engine, clock: &Clock) -> Result<u64, StorageError> {
    let mut removed = 0;
    loop {
        let batch = engine.sweep(clock.now(), BATCH).await?;
        removed += batch;
        if batch < BATCH.unsigned_abs() {
            return Ok(removed);
        }
        tokio::time::sleep(PAUSE_BETWEEN_BATCHES).await;
    }
}
