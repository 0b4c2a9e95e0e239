//! Requests to ElevenLabs' API, with the key in `xi-api-key`.

use std::time::Duration;

use url::Url;

use crate::http_client::{CallError, HttpResponse, join, send};
use crate::secrets::Secrets;

/// The API of one workspace.
#[derive(Debug, Clone)]
pub(super) struct Api {
    http: reqwest::Client,
    base: Url,
    secrets: Secrets,
}

/// Why a request got no response.
pub(super) enum ApiError {
    /// No `ELEVENLABS_API_KEY` is configured.
    NoKey,
    /// ElevenLabs was unreachable or too slow.
    Call(CallError),
}

impl Api {
    pub(super) fn new(http: reqwest::Client, base: Url, secrets: Secrets) -> Self {
        Self {
            http,
            base,
            secrets,
        }
    }

    /// Gets `{base}/convai/{collection}/{id}` and returns the response, whatever its status.
    pub(super) async fn get(
        &self,
        collection: &str,
        id: &str,
        timeout: Duration,
    ) -> Result<HttpResponse, ApiError> {
        let secrets = self.secrets.current().await;
        let key = secrets.elevenlabs_api_key().ok_or(ApiError::NoKey)?;
        let request = self.http.get(join(&self.base, &["convai", collection, id]));
        send(request.header("xi-api-key", key).timeout(timeout))
            .await
            .map_err(ApiError::Call)
    }
}
