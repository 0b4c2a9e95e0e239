//! The errors of building an event.

use std::borrow::Cow;
use std::path::PathBuf;

use crate::error::CommandError;

/// Why an event cannot be built from a file.
#[derive(Debug, thiserror::Error)]
pub(super) enum EventError {
    #[error("{} is not UTF-8 text", .0.display())]
    NotUtf8(PathBuf),
    #[error("{} is not a transcription webhook with a conversation_id", .0.display())]
    NotATranscription(PathBuf),
    #[error("--payload is missing")]
    MissingPayload,
}

impl CommandError for EventError {
    fn advice(&self) -> Option<Cow<'static, str>> {
        matches!(self, Self::NotUtf8(_)).then(|| "send it with --base64".into())
    }
}
