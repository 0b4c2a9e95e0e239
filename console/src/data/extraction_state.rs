//! How far the extraction of a call is, and what it found.

use common::archive::{Archive, ArchiveError, Key, is_erased};
use common::call::ConversationId;
use common::queue::ExtractionJob;
use extraction::Record;

use crate::SharedArchive;

/// How far the extraction of a call is.
pub(crate) enum ExtractionState {
    /// The call has a tombstone: nothing of it is kept.
    Erased,
    /// It is in the queue, or its job failed.
    Waiting,
    /// It ended without a record: there is no caller to remember.
    NoCaller,
    /// It ended with this record.
    Extracted(Box<Record>),
}

impl ExtractionState {
    /// A word for the state.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Erased => "erased",
            Self::Waiting => "waiting",
            Self::NoCaller => "skipped",
            Self::Extracted(record) if record.declined.is_some() => "declined",
            Self::Extracted(_) => "extracted",
        }
    }

    /// A sentence that explains the state.
    pub(crate) fn detail(&self) -> String {
        match self {
            Self::Erased => "Nothing of this call is kept.".to_owned(),
            Self::Waiting => "Not extracted yet.".to_owned(),
            Self::NoCaller => "There is no caller to remember.".to_owned(),
            Self::Extracted(record) => {
                let count = memories(record.memories.len());
                match (&record.declined, &record.model) {
                    (Some(reason), _) => format!(
                        "{count} from ElevenLabs' analysis; the model was not used: {reason}."
                    ),
                    (None, Some(model)) => format!("{count}, found by {model}."),
                    (None, None) => format!("{count} from ElevenLabs' analysis."),
                }
            }
        }
    }

    /// The record, if there is one.
    pub(crate) fn into_record(self) -> Option<Record> {
        match self {
            Self::Extracted(record) => Some(*record),
            Self::Erased | Self::Waiting | Self::NoCaller => None,
        }
    }
}

fn memories(count: usize) -> String {
    match count {
        1 => "1 memory".to_owned(),
        count => format!("{count} memories"),
    }
}

/// Returns how far the extraction of a call is.
pub(crate) async fn state(
    archive: &SharedArchive,
    conversation: &ConversationId,
) -> Result<ExtractionState, ArchiveError> {
    if is_erased(archive, conversation).await? {
        return Ok(ExtractionState::Erased);
    }
    let Some(marker) = archive.get(&Key::done(conversation)).await? else {
        return Ok(ExtractionState::Waiting);
    };
    Ok(match record(archive, conversation, &marker).await? {
        Some(record) => ExtractionState::Extracted(Box::new(record)),
        None => ExtractionState::NoCaller,
    })
}

/// Returns the record of the last extraction that ended, if there is one.
pub(crate) async fn latest_record(
    archive: &SharedArchive,
    conversation: &ConversationId,
) -> Result<Option<Record>, ArchiveError> {
    match archive.get(&Key::done(conversation)).await? {
        Some(marker) => record(archive, conversation, &marker).await,
        None => Ok(None),
    }
}

/// Returns the record to which the marker of a finished extraction points.
async fn record(
    archive: &SharedArchive,
    conversation: &ConversationId,
    marker: &[u8],
) -> Result<Option<Record>, ArchiveError> {
    let payload = Key::payload(conversation, &common::archive::PayloadKind::Transcription);
    let job = ExtractionJob {
        redo: std::str::from_utf8(marker)
            .ok()
            .and_then(|version| version.parse().ok()),
        ..ExtractionJob::new(conversation.clone(), payload)
    };
    let body = archive.get(&job.record()).await?;
    // A record of another version may not be readable. The call's page then shows what is.
    Ok(body.and_then(|body| serde_json::from_slice(&body).ok()))
}
