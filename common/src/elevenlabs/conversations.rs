//! ElevenLabs' conversations API. Fetches a conversation whose webhook came without a transcript.

use std::time::Duration;

use http::StatusCode;
use url::Url;

use super::api::{Api, ApiError};
use super::transcription::Transcription;
use crate::call::ConversationId;
use crate::http_client::CallError;
use crate::secrets::Secrets;

/// Timeout of one request.
const TIMEOUT: Duration = Duration::from_secs(20);

/// `GET {ELEVENLABS_API_URL}/convai/conversations/{id}`, with the key in `xi-api-key`.
#[derive(Debug, Clone)]
pub struct ConversationsApi(Api);

/// Why a conversation could not be fetched.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ConversationsApiError {
    /// No `ELEVENLABS_API_KEY` is configured.
    #[error("no ELEVENLABS_API_KEY is configured")]
    NoKey,
    /// ElevenLabs rejected the request: the conversation was deleted or belongs to another
    /// workspace, or the key lacks the permission.
    #[error("ElevenLabs refused to return this conversation ({0})")]
    Refused(StatusCode),
    /// ElevenLabs failed or was unreachable.
    #[error("ElevenLabs failed to answer")]
    Call(#[from] CallError),
}

impl ConversationsApiError {
    /// Returns whether a later attempt may succeed.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        matches!(self, Self::Call(error) if error.is_transient())
    }
}

impl From<ApiError> for ConversationsApiError {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::NoKey => Self::NoKey,
            ApiError::Call(error) => Self::Call(error),
        }
    }
}

impl ConversationsApi {
    /// Returns a client of the API at `base`, such as `https://api.elevenlabs.io/v1`.
    #[must_use]
    pub fn new(http: reqwest::Client, base: Url, secrets: Secrets) -> Self {
        Self(Api::new(http, base, secrets))
    }

    pub(super) fn of(api: Api) -> Self {
        Self(api)
    }

    /// Fetches a finished conversation in the format of its webhook's `data`.
    ///
    /// # Errors
    /// [`ConversationsApiError`]
    pub async fn get(
        &self,
        conversation: &ConversationId,
    ) -> Result<Transcription, ConversationsApiError> {
        let id = conversation.as_str();
        let response = self.0.get("conversations", id, TIMEOUT).await?;
        if is_refusal(response.status) {
            return Err(ConversationsApiError::Refused(response.status));
        }
        Ok(response.success()?.json()?)
    }
}

/// Returns whether retrying cannot change this status.
fn is_refusal(status: StatusCode) -> bool {
    let transient = [
        StatusCode::REQUEST_TIMEOUT,
        StatusCode::TOO_EARLY,
        StatusCode::TOO_MANY_REQUESTS,
    ];
    status.is_client_error() && !transient.contains(&status)
}
