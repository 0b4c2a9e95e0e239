//! Commits transactions, and delays repetitions.

use std::time::Duration;

use tokio::time::Instant;

use super::actions::Actions;
use super::error::{DynamoError, Written, transaction};
use super::{Dynamo, StorageError};

/// How long a request may repeat a write or a batch.
const DEADLINE: Duration = Duration::from_secs(10);
/// The longest delay before the first repetition. It doubles up to the maximum.
const FIRST_DELAY: Duration = Duration::from_millis(20);
const MAX_DELAY: Duration = Duration::from_millis(800);

/// Delays repetitions by a random time, so that competing writers do not meet again.
pub(super) struct Backoff {
    deadline: Instant,
    longest: Duration,
}

impl Backoff {
    pub(super) fn new() -> Self {
        Self {
            deadline: Instant::now() + DEADLINE,
            longest: FIRST_DELAY,
        }
    }

    /// Waits before the next attempt.
    ///
    /// # Errors
    /// `error` after the deadline.
    pub(super) async fn wait(&mut self, error: DynamoError) -> Result<(), StorageError> {
        if Instant::now() >= self.deadline {
            return Err(error.into());
        }
        tokio::time::sleep(self.longest.mul_f64(fastrand::f64())).await;
        self.longest = (self.longest * 2).min(MAX_DELAY);
        Ok(())
    }

    /// Waits after a conflict.
    pub(super) async fn after_conflict(&mut self) -> Result<(), StorageError> {
        self.wait(DynamoError::Contention).await
    }
}

impl Dynamo {
    /// Writes everything or nothing.
    pub(super) async fn commit(&self, actions: Actions) -> Result<Written, StorageError> {
        let request = self
            .client
            .transact_write_items()
            .set_transact_items(Some(actions.into_items()));
        transaction(request.send().await)
    }
}
