//! A call whose webhook came without its transcript: it is fetched from ElevenLabs where that is
//! possible.

use bytes::Bytes;
use common::archive::Archive;
use common::elevenlabs::conversations::ConversationsApiError;
use common::elevenlabs::transcription::Transcription;
use common::queue::ExtractionJob;
use tracing::{debug, warn};

use crate::{Extraction, ExtractionError};

/// How often ElevenLabs is asked in vain before the call is extracted from its analysis.
const MAX_ATTEMPTS: u32 = 5;
/// The name under which attempts are counted.
const COUNTER: &str = "transcript";

impl<A: Archive> Extraction<A> {
    /// The call with its transcript, or as it came where ElevenLabs does not hand it out.
    ///
    /// # Errors
    /// While ElevenLabs is away, for a limited number of attempts.
    pub(crate) async fn with_transcript(
        &self,
        job: &ExtractionJob,
        call: Transcription,
    ) -> Result<Transcription, ExtractionError> {
        let conversation_id = &job.conversation_id;
        match self.conversations.get(conversation_id).await {
            Ok(fetched) => Ok(call.with_transcript_of(fetched)),
            Err(ConversationsApiError::NoKey) => {
                debug!(%conversation_id, "no ELEVENLABS_API_KEY: a call without a transcript is extracted from its analysis");
                Ok(call)
            }
            Err(error) if error.is_outage() && self.may_wait(job).await? => Err(error.into()),
            Err(error) => {
                warn!(%conversation_id, reason = %error, "a missing transcript could not be fetched; the analysis is used");
                Ok(call)
            }
        }
    }

    /// Counts the attempt, and says whether there may be another.
    async fn may_wait(&self, job: &ExtractionJob) -> Result<bool, ExtractionError> {
        let key = job.failures(COUNTER);
        let counted = self.archive.get(&key).await?;
        let text = counted
            .as_deref()
            .and_then(|count| std::str::from_utf8(count).ok());
        let attempts = text
            .and_then(|count| count.parse::<u32>().ok())
            .unwrap_or_default()
            + 1;
        self.archive
            .put(&key, Bytes::from(attempts.to_string()))
            .await?;
        Ok(attempts < MAX_ATTEMPTS)
    }
}
