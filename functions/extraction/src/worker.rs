//! Runs jobs of both kinds.

use std::time::{Duration, Instant};

use common::archive::Archive;
use common::measure;
use common::queue::{ExtractionJob, Job};
use jiff::Timestamp;

use crate::{EventDelivery, EventError, Extraction, ExtractionError};

/// A worker of the queue; cheap to clone.
#[derive(Clone)]
pub struct Worker<A> {
    extraction: Extraction<A>,
    events: EventDelivery<A>,
    clock: fn() -> Timestamp,
}

/// Why a job failed.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    /// A call could not be extracted.
    #[error(transparent)]
    Extraction(#[from] ExtractionError),
    /// Events could not be delivered.
    #[error(transparent)]
    Events(#[from] EventError),
}

impl<A: Archive> Worker<A> {
    /// Creates a worker. `clock` returns the current time.
    pub fn new(
        extraction: Extraction<A>,
        events: EventDelivery<A>,
        clock: fn() -> Timestamp,
    ) -> Self {
        Self {
            extraction,
            events,
            clock,
        }
    }

    /// Runs a job and records its metrics.
    ///
    /// # Errors
    /// [`WorkError`]: after an outage, deliver the job again. Any other error is permanent.
    pub async fn run(&self, job: &Job) -> Result<(), WorkError> {
        match job {
            Job::Extraction(job) => Ok(self.extract(job).await?),
            Job::Events(job) => Ok(self.events.run(job, self.clock).await?),
        }
    }

    async fn extract(&self, job: &ExtractionJob) -> Result<(), ExtractionError> {
        let started = Instant::now();
        let result = self.extraction.run(job, (self.clock)()).await;
        let outcome = result.as_ref().err().map_or("ok", ExtractionError::kind);
        measure::background_job(outcome, started.elapsed());
        if result.as_ref().is_err_and(|error| !error.is_outage()) {
            measure::extraction_error();
        }
        result.map(|_| ())
    }
}

impl WorkError {
    /// Whether a retry may help. The job is then postponed without using up one of its attempts.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Extraction(error) => error.is_outage(),
            Self::Events(error) => error.is_outage(),
        }
    }

    /// Returns the pause that the failed service asked for.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Extraction(error) => error.retry_after(),
            Self::Events(error) => error.retry_after(),
        }
    }
}

/// The error for the queue on AWS.
#[cfg(feature = "batch")]
impl From<WorkError> for common::batch::JobError {
    fn from(error: WorkError) -> Self {
        if !error.is_outage() {
            return Self::Permanent(error.to_string());
        }
        Self::Transient {
            reason: error.to_string(),
            at_least: error.retry_after(),
        }
    }
}
