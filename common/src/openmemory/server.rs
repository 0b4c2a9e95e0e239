//! The server that the store is, whatever it speaks: its address, its key, and how long a call may take.

use std::time::Duration;

use http::Method;
use reqwest::RequestBuilder;
use serde::Serialize;
use url::Url;

use crate::http_client::{Answer, CallError, join, send_idempotent};
use crate::secrets::Secrets;

/// A handle on the server; cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Server {
    http: reqwest::Client,
    base: Url,
    secrets: Secrets,
    call_limit: Duration,
}

impl Server {
    pub(super) fn new(http: reqwest::Client, base: Url, secrets: Secrets, call_limit: Duration) -> Self {
        Self { http, base, secrets, call_limit }
    }

    /// The address of a route; each segment is percent-encoded, `+` too: some servers take it for a blank.
    pub(super) fn url(&self, segments: &[&str]) -> Url {
        let mut url = join(&self.base, segments);
        let path = url.path().replace('+', "%2B");
        url.set_path(&path);
        url
    }

    pub(super) fn get(&self, url: Url) -> RequestBuilder {
        self.http.get(url).timeout(self.call_limit)
    }

    pub(super) fn post(&self, url: Url) -> RequestBuilder {
        self.http.post(url).timeout(self.call_limit)
    }

    pub(super) fn delete(&self, url: Url) -> RequestBuilder {
        self.http.delete(url).timeout(self.call_limit)
    }

    pub(super) fn send_json(&self, method: Method, url: Url, body: &(impl Serialize + Sync)) -> RequestBuilder {
        self.http.request(method, url).json(body).timeout(self.call_limit)
    }

    /// Sends a request that may arrive twice, and reads the whole answer, whatever its status.
    pub(super) async fn ask(&self, request: RequestBuilder) -> Result<Answer, CallError> {
        send_idempotent(self.with_key(request).await).await
    }

    /// The request with the key in both headers that servers look at.
    pub(super) async fn with_key(&self, request: RequestBuilder) -> RequestBuilder {
        match self.secrets.current().await.openmemory_api_key() {
            Some(key) => request.bearer_auth(key).header("x-api-key", key),
            None => request,
        }
    }
}
