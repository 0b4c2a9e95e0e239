//! Outage and poison. They are told apart because an outage is waited for and poison never heals.

use std::time::Duration;

use common::archive::ArchiveError;
use common::elevenlabs::conversations::ConversationsApiError;
use common::http_client::CallError;
use common::llm::LlmError;
use common::openmemory::OpenMemoryError;

/// Why a job is not done.
#[derive(Debug, thiserror::Error)]
pub enum ExtractionError {
    /// The archive failed.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The memory store failed.
    #[error(transparent)]
    OpenMemory(#[from] OpenMemoryError),
    /// The model's provider is away. One that refuses for good is no error: the job is then done
    /// without it.
    #[error(transparent)]
    Llm(#[from] LlmError),
    /// The transcript is missing and ElevenLabs is away.
    #[error(transparent)]
    Transcript(#[from] ConversationsApiError),
    /// The job itself is broken.
    #[error(transparent)]
    Permanent(#[from] PermanentError),
}

/// What no waiting heals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PermanentError {
    /// The transcription that the job points to is not in the archive.
    #[error("the payload is gone")]
    PayloadGone,
    /// The payload is no transcription.
    #[error("the payload cannot be read")]
    Unreadable,
    /// The record of an earlier delivery cannot be read or written.
    #[error("the extraction record cannot be read")]
    RecordUnreadable,
    /// The record was there and is gone.
    #[error("the extraction record is gone")]
    RecordGone,
}

impl ExtractionError {
    /// Whether waiting may help: then the job is put back and loses no try.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Archive(ArchiveError::Unavailable(_)) => true,
            Self::OpenMemory(error) => error.is_outage(),
            Self::Llm(error) => !error.is_final(),
            Self::Transcript(_) => true,
            Self::Archive(ArchiveError::Refused(_)) | Self::Permanent(_) => false,
        }
    }

    /// The pause that whoever failed asked for.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::OpenMemory(OpenMemoryError::Call(CallError::Throttled(pause)))
            | Self::Llm(LlmError::Call(CallError::Throttled(pause)))
            | Self::Transcript(ConversationsApiError::Call(CallError::Throttled(pause))) => *pause,
            _ => None,
        }
    }

    /// A fixed name for metrics.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Archive(_) => "archive",
            Self::OpenMemory(_) => "openmemory",
            Self::Llm(_) => "llm",
            Self::Transcript(_) => "elevenlabs",
            Self::Permanent(_) => "poison",
        }
    }
}

/// What the queue on AWS is told.
#[cfg(feature = "lambda")]
impl From<ExtractionError> for common::batch::JobError {
    fn from(error: ExtractionError) -> Self {
        match error.is_outage() {
            true => Self::Transient {
                reason: error.to_string(),
                at_least: error.retry_after(),
            },
            false => Self::Permanent(error.to_string()),
        }
    }
}
