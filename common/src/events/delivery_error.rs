//! Why an event was not delivered.

use std::time::Duration;

use crate::http_client::CallError;

/// Why an event was not delivered. Holds no address, because it may contain a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// The receiver failed or rejected the event.
    #[error("the receiver of events {0}")]
    Call(#[from] CallError),
    /// The receiver failed a moment ago. The event was not sent.
    #[error("the receiver of events failed a moment ago")]
    Paused(Duration),
    /// `EVENTS_SECRET` is missing or invalid.
    #[error("EVENTS_SECRET is missing or invalid: events cannot be signed")]
    NoSecret,
    /// The request to the bus cannot be signed.
    #[error("no AWS credentials for EVENTS_BUS")]
    NoCredentials,
    /// The bus rejected some events.
    #[error("the event bus rejected {0} events")]
    RejectedByBus(usize),
    /// The event cannot be serialized.
    #[error("an event cannot be serialized")]
    Unserializable,
}

impl DeliveryError {
    /// Whether the delivery may succeed later. The job then waits without using up an attempt.
    /// Missing keys count, because an operator can set them.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Call(error) => error.is_transient(),
            Self::Paused(_) | Self::NoSecret | Self::NoCredentials | Self::RejectedByBus(_) => true,
            Self::Unserializable => false,
        }
    }

    /// Returns the pause that the receiver asked for.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Call(CallError::Throttled(pause)) => *pause,
            Self::Paused(pause) => Some(*pause),
            _ => None,
        }
    }

    /// Returns the error's name in metrics.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Call(error) => error.kind(),
            Self::Paused(_) => "paused",
            Self::NoSecret | Self::NoCredentials => "no_key",
            Self::RejectedByBus(_) => "rejected",
            Self::Unserializable => "unserializable",
        }
    }
}
