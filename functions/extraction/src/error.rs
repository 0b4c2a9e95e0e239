//! Errors of an extraction: outages, after which the job is retried, and permanent errors.

use std::time::Duration;

use common::archive::ArchiveError;
use common::elevenlabs::conversations::ConversationsApiError;
use common::http_client::CallError;
use common::llm::LlmError;
use common::openmemory::OpenMemoryError;
use common::queue::QueueError;

/// Why a job failed.
#[derive(Debug, thiserror::Error)]
pub enum ExtractionError {
    /// The archive failed.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The memory store failed.
    #[error(transparent)]
    OpenMemory(#[from] OpenMemoryError),
    /// The model's provider is unavailable. If the provider refuses permanently, the call is
    /// extracted without the model instead.
    #[error(transparent)]
    Llm(#[from] LlmError),
    /// The transcript is missing and ElevenLabs is unavailable.
    #[error(transparent)]
    Transcript(#[from] ConversationsApiError),
    /// The events of the call could not be queued.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// The events of the call cannot name the caller, because the secrets could not be read.
    #[error("CALLER_ID_PEPPER is missing or could not be read")]
    NoPepper,
    /// The job itself is broken.
    #[error(transparent)]
    Permanent(#[from] PermanentError),
}

/// Errors that no retry can fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PermanentError {
    /// The payload that the job points to is not in the archive.
    #[error("the payload is not in the archive")]
    PayloadGone,
    /// The payload is not a transcription.
    #[error("the payload is not a readable transcription")]
    Unreadable,
    /// The record of an earlier delivery cannot be read or written.
    #[error("the extraction record cannot be read or written")]
    RecordUnreadable,
    /// The record existed a moment ago and is gone.
    #[error("the extraction record was deleted during the extraction")]
    RecordGone,
}

impl ExtractionError {
    /// Whether a retry may help. The job is then postponed without using up one of its attempts.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Archive(ArchiveError::Unavailable(_)) => true,
            Self::OpenMemory(error) => error.is_outage(),
            Self::Llm(error) => !error.is_permanent(),
            Self::Transcript(_) | Self::NoPepper | Self::Queue(QueueError::Unavailable(_)) => true,
            Self::Archive(ArchiveError::Refused(_))
            | Self::Queue(QueueError::Refused(_))
            | Self::Permanent(_) => false,
        }
    }

    /// Returns the pause that the failed service asked for.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::OpenMemory(OpenMemoryError::Call(CallError::Throttled(pause)))
            | Self::Llm(LlmError::Call(CallError::Throttled(pause)))
            | Self::Transcript(ConversationsApiError::Call(CallError::Throttled(pause))) => *pause,
            _ => None,
        }
    }

    /// Returns the label of the error in metrics.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Archive(_) => "archive",
            Self::OpenMemory(_) => "openmemory",
            Self::Llm(_) => "llm",
            Self::Transcript(_) => "elevenlabs",
            Self::Queue(_) => "queue",
            Self::NoPepper => "secrets",
            Self::Permanent(_) => "poison",
        }
    }
}

/// The error for the queue on AWS.
#[cfg(feature = "batch")]
impl From<ExtractionError> for common::batch::JobError {
    fn from(error: ExtractionError) -> Self {
        if !error.is_outage() {
            return Self::Permanent(error.to_string());
        }
        Self::Transient {
            reason: error.to_string(),
            at_least: error.retry_after(),
        }
    }
}
