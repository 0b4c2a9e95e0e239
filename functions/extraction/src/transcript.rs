//! Fetches the transcript of a call from ElevenLabs if the webhook came without it.

use bytes::Bytes;
use common::archive::Archive;
use common::elevenlabs::conversations::ConversationsApiError;
use common::elevenlabs::transcription::Transcription;
use common::queue::ExtractionJob;
use tracing::{debug, warn};

use crate::{Extraction, ExtractionError};

/// After this many failed attempts, the call is extracted from ElevenLabs' analysis.
const MAX_ATTEMPTS: u32 = 5;
/// The name of the counter of attempts.
const COUNTER: &str = "transcript";

impl<A: Archive> Extraction<A> {
    /// Returns the call with its transcript, or unchanged if ElevenLabs does not provide it.
    ///
    /// # Errors
    /// If ElevenLabs is unavailable, for a limited number of attempts.
    pub(crate) async fn with_transcript(
        &self,
        job: &ExtractionJob,
        call: Transcription,
    ) -> Result<Transcription, ExtractionError> {
        let conversation_id = &job.conversation_id;
        match self.conversations.get(conversation_id).await {
            Ok(fetched) => Ok(call.with_transcript_of(fetched)),
            Err(ConversationsApiError::NoKey) => {
                debug!(%conversation_id, "ELEVENLABS_API_KEY is not set; analysis used without transcript");
                Ok(call)
            }
            Err(error) if error.is_outage() && self.may_retry(job).await? => Err(error.into()),
            Err(error) => {
                warn!(%conversation_id, reason = %error, "transcript could not be fetched; analysis used");
                Ok(call)
            }
        }
    }

    /// Counts the attempt and returns whether another one is allowed.
    async fn may_retry(&self, job: &ExtractionJob) -> Result<bool, ExtractionError> {
        let key = job.failures(COUNTER);
        let stored = self.archive.get(&key).await?;
        let attempts = stored
            .as_deref()
            .and_then(|count| std::str::from_utf8(count).ok())
            .and_then(|count| count.parse::<u32>().ok())
            .unwrap_or_default()
            + 1;
        self.archive
            .put(&key, Bytes::from(attempts.to_string()))
            .await?;
        Ok(attempts < MAX_ATTEMPTS)
    }
}
