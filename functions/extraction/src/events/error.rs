//! Why a job with events failed.

use std::time::Duration;

use common::archive::ArchiveError;
use common::events::DeliveryError;

/// Why a job with events failed.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// A receiver did not accept an event.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
    /// The content of the events could not be read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

impl EventError {
    /// Whether a retry may help. The job is then postponed without using up one of its attempts.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Delivery(error) => error.is_outage(),
            Self::Archive(ArchiveError::Unavailable(_)) => true,
            Self::Archive(ArchiveError::Refused(_)) => false,
        }
    }

    /// Returns the pause that the receiver asked for.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Delivery(error) => error.retry_after(),
            Self::Archive(_) => None,
        }
    }
}
