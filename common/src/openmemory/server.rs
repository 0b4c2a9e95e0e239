//! The HTTP connection to the memory store: address, API key, signature and timeout.

use std::time::Duration;

use http::{Method, StatusCode};
use reqwest::RequestBuilder;
use serde::Serialize;
use url::Url;

use super::clock;
use super::transport::Transport;
use crate::http_client::{CallError, HttpResponse, join};
use crate::secrets::Secrets;
use crate::signed::Identity;
use crate::trace;

/// The service name with which requests to a Lambda function URL are signed.
const FUNCTION_URL: &str = "lambda";

/// A connection to the server, for any dialect; cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Server {
    transport: Transport,
    base: Url,
    secrets: Secrets,
    /// The identity that signs requests, if the server is behind AWS authentication.
    signer: Option<Identity>,
    call_limit: Duration,
}

impl Server {
    pub(super) fn new(
        transport: Transport,
        base: Url,
        secrets: Secrets,
        call_limit: Duration,
    ) -> Self {
        Self {
            transport,
            base,
            secrets,
            signer: None,
            call_limit,
        }
    }

    /// Sets the identity that signs every request.
    pub(super) fn with_signer(self, signer: Option<Identity>) -> Self {
        Self { signer, ..self }
    }

    /// Returns the URL of a route. Each segment is percent-encoded, including `+`, which some
    /// servers decode as a space.
    pub(super) fn url(&self, segments: &[&str]) -> Url {
        let mut url = join(&self.base, segments);
        if url.path().contains('+') {
            let path = url.path().replace('+', "%2B");
            url.set_path(&path);
        }
        url
    }

    pub(super) fn get(&self, url: Url) -> RequestBuilder {
        self.http().get(url).timeout(self.call_limit)
    }

    pub(super) fn post(&self, url: Url) -> RequestBuilder {
        self.http().post(url).timeout(self.call_limit)
    }

    pub(super) fn delete(&self, url: Url) -> RequestBuilder {
        self.http().delete(url).timeout(self.call_limit)
    }

    pub(super) fn send_json(
        &self,
        method: Method,
        url: Url,
        body: &(impl Serialize + Sync),
    ) -> RequestBuilder {
        self.http()
            .request(method, url)
            .json(body)
            .timeout(self.call_limit)
    }

    /// Sends an idempotent request and reads the whole response, whatever its status. The request
    /// may be sent twice.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<HttpResponse, CallError> {
        let request = self.authenticate(request).await?;
        self.transport.send(request, self.call_limit).await
    }

    fn http(&self) -> &reqwest::Client {
        self.transport.http()
    }

    /// Adds the credentials and the headers that continue the current trace. A proxy may change
    /// trace headers, so they are not signed.
    pub(super) async fn authenticate(
        &self,
        request: RequestBuilder,
    ) -> Result<RequestBuilder, CallError> {
        self.add_credentials(request).await.map(trace::propagate)
    }

    /// Adds the API key in the headers `authorization` and `x-api-key`, because servers differ in
    /// which one they read. A signed request needs `authorization` for the signature, so the key is
    /// then only in `x-api-key`.
    async fn add_credentials(&self, request: RequestBuilder) -> Result<RequestBuilder, CallError> {
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
        self.sign(request, signer)
    }

    fn sign(
        &self,
        request: RequestBuilder,
        signer: &Identity,
    ) -> Result<RequestBuilder, CallError> {
        // AWS would reject the request without a signature, so it is not sent.
        let unsigned = || CallError::Unauthorised(StatusCode::FORBIDDEN);
        let mut request = request.build().map_err(|_| unsigned())?;
        signer
            .sign(FUNCTION_URL, &mut request, clock::now().into())
            .ok_or_else(unsigned)?;
        Ok(RequestBuilder::from_parts(self.http().clone(), request))
    }
}

#[cfg(test)]
mod tests;
