//! ElevenLabs' conversations API: a conversation whose webhook came without its transcript.

use std::time::Duration;

use http::StatusCode;
use url::Url;

use super::transcription::Transcription;
use crate::call::ConversationId;
use crate::http_client::{CallError, send};
use crate::secrets::Secrets;

/// How long ElevenLabs may take.
const LIMIT: Duration = Duration::from_secs(20);

/// `GET {ELEVENLABS_API_URL}/convai/conversations/{id}`, with the key in `xi-api-key`.
#[derive(Debug, Clone)]
pub struct ConversationsApi {
    http: reqwest::Client,
    base: Url,
    secrets: Secrets,
}

/// Why a conversation could not be fetched.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ConversationsApiError {
    /// No `ELEVENLABS_API_KEY` is configured.
    #[error("no ELEVENLABS_API_KEY is configured")]
    NoKey,
    /// ElevenLabs does not hand it out: it is gone, belongs to another workspace, or the key lacks
    /// the right.
    #[error("ElevenLabs does not hand out this conversation ({0})")]
    Refused(StatusCode),
    /// ElevenLabs failed or could not be reached.
    #[error("ElevenLabs failed to answer")]
    Call(#[from] CallError),
}

impl ConversationsApiError {
    /// Whether waiting may help.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        matches!(self, Self::Call(error) if error.is_passing())
    }
}

impl ConversationsApi {
    /// A client of the API at `base`, such as `https://api.elevenlabs.io/v1`.
    #[must_use]
    pub fn new(http: reqwest::Client, base: Url, secrets: Secrets) -> Self {
        Self {
            http,
            base,
            secrets,
        }
    }

    /// A finished conversation, in the form of its webhook's `data`.
    ///
    /// # Errors
    /// [`ConversationsApiError`]
    pub async fn get(
        &self,
        conversation: &ConversationId,
    ) -> Result<Transcription, ConversationsApiError> {
        let secrets = self.secrets.current().await;
        let key = secrets
            .elevenlabs_api_key()
            .ok_or(ConversationsApiError::NoKey)?;
        let url = crate::http_client::join(
            &self.base,
            &["convai", "conversations", conversation.as_str()],
        );
        let answer = send(self.http.get(url).header("xi-api-key", key).timeout(LIMIT)).await?;
        if is_refusal(answer.status) {
            return Err(ConversationsApiError::Refused(answer.status));
        }
        Ok(answer.success()?.json()?)
    }
}

/// A status that asking again does not change.
fn is_refusal(status: StatusCode) -> bool {
    let may_pass = [
        StatusCode::REQUEST_TIMEOUT,
        StatusCode::TOO_EARLY,
        StatusCode::TOO_MANY_REQUESTS,
    ];
    status.is_client_error() && !may_pass.contains(&status)
}
