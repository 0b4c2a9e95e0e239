//! The server that the store is, whatever it speaks: its address, its key, and how long a call may
//! take.

use std::time::Duration;

use http::{Method, StatusCode};
use reqwest::RequestBuilder;
use serde::Serialize;
use url::Url;

use super::clock;
use crate::http_client::{CallError, HttpResponse, join, send_idempotent};
use crate::secrets::Secrets;
use crate::signed::Identity;

/// By this name AWS knows the URL of a function in a signature.
const FUNCTION_URL: &str = "lambda";

/// A handle on the server; cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Server {
    http: reqwest::Client,
    base: Url,
    secrets: Secrets,
    /// In whose name requests are signed, where AWS stands before the server.
    signer: Option<Identity>,
    call_limit: Duration,
}

impl Server {
    pub(super) fn new(
        http: reqwest::Client,
        base: Url,
        secrets: Secrets,
        call_limit: Duration,
    ) -> Self {
        Self {
            http,
            base,
            secrets,
            signer: None,
            call_limit,
        }
    }

    /// The same, and every request is signed in this name.
    pub(super) fn signed_by(self, signer: Option<Identity>) -> Self {
        Self { signer, ..self }
    }

    /// The address of a route; each segment is percent-encoded, `+` too: some servers take it for a
    /// blank.
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

    pub(super) fn send_json(
        &self,
        method: Method,
        url: Url,
        body: &(impl Serialize + Sync),
    ) -> RequestBuilder {
        self.http
            .request(method, url)
            .json(body)
            .timeout(self.call_limit)
    }

    /// Sends a request that may arrive twice, and reads the whole answer, whatever its status.
    pub(super) async fn ask(&self, request: RequestBuilder) -> Result<HttpResponse, CallError> {
        send_idempotent(self.with_key(request).await?).await
    }

    /// The request with the key in both headers that servers look at. A signature stands in the
    /// first of them: with one the key is in `x-api-key` alone.
    pub(super) async fn with_key(
        &self,
        request: RequestBuilder,
    ) -> Result<RequestBuilder, CallError> {
        let secrets = self.secrets.current().await;
        let key = secrets.openmemory_api_key();
        let Some(signer) = &self.signer else {
            return Ok(match key {
                Some(key) => request.bearer_auth(key).header("x-api-key", key),
                None => request,
            });
        };
        let request = match key {
            Some(key) => request.header("x-api-key", key),
            None => request,
        };
        self.signed(request, signer)
    }

    fn signed(
        &self,
        request: RequestBuilder,
        signer: &Identity,
    ) -> Result<RequestBuilder, CallError> {
        // AWS would refuse it without a signature, so it is not sent.
        let unsigned = || CallError::Unauthorised(StatusCode::FORBIDDEN);
        let mut request = request.build().map_err(|_| unsigned())?;
        signer
            .sign(FUNCTION_URL, &mut request, clock::now().into())
            .ok_or_else(unsigned)?;
        Ok(RequestBuilder::from_parts(self.http.clone(), request))
    }
}

#[cfg(test)]
mod tests;
