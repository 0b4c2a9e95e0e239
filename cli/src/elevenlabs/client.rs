//! Sends requests to the API, with retries and page by page.

use std::time::Duration;

use common::http_client::{self, CallError, HttpResponse};
use reqwest::{Method, RequestBuilder, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use super::error::{self, ElevenLabsError};
use crate::deployment::Deployment;
use crate::error::Failure;

/// Base URL of the API, unless the operator's data must stay in a region.
pub(crate) const DEFAULT_BASE: &str = "https://api.elevenlabs.io/v1";
/// Timeout of a request.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Number of attempts for requests that may safely arrive twice.
const MAX_ATTEMPTS: u32 = 4;
/// Delay before the second attempt; it doubles each time.
const RETRY_DELAY: Duration = Duration::from_millis(500);
/// Maximum number of pages of a list; more mean that the cursor does not advance.
const MAX_PAGES: usize = 10_000;
/// Largest page size that all lists accept.
const PAGE_SIZE: &str = "100";

/// A client of one workspace; cheap to clone.
#[derive(Clone)]
pub(crate) struct ElevenLabs {
    http: reqwest::Client,
    base: Url,
    key: SecretString,
}

impl ElevenLabs {
    /// Creates a client for the workspace of this key. An example of `base` is
    /// `https://api.elevenlabs.io/v1`.
    pub(crate) fn new(http: reqwest::Client, base: Url, key: SecretString) -> Self {
        Self { http, base, key }
    }

    /// Creates a client with the key of the deployment or the shell.
    pub(crate) fn for_deployment(deployment: &Deployment) -> Result<Self, Failure> {
        let key = deployment.secret("ELEVENLABS_API_KEY")?;
        let base = deployment
            .get("ELEVENLABS_API_URL")
            .unwrap_or_else(|| DEFAULT_BASE.to_owned());
        let base = Url::parse(base.trim()).map_err(|_| ElevenLabsError::InvalidUrl)?;
        deployment.check_key_transport(&base)?;
        Ok(Self::new(deployment.context.http.clone(), base, key))
    }

    /// Returns the base URL of the API.
    pub(crate) fn base(&self) -> &Url {
        &self.base
    }

    /// Sends a request. `what` names the resource or action for error messages.
    pub(super) async fn call(
        &self,
        method: Method,
        path: &[&str],
        body: Option<&Value>,
        what: &str,
    ) -> Result<HttpResponse, ElevenLabsError> {
        self.send(method, http_client::join(&self.base, path), body, what)
            .await
    }

    pub(super) async fn get(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        what: &str,
    ) -> Result<Value, ElevenLabsError> {
        let mut url = http_client::join(&self.base, path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        read(&self.send(Method::GET, url, None, what).await?)
    }

    /// Sends a request, with retries where it may safely arrive twice.
    pub(super) async fn send(
        &self,
        method: Method,
        url: Url,
        body: Option<&Value>,
        what: &str,
    ) -> Result<HttpResponse, ElevenLabsError> {
        // A repeated POST could create a resource twice.
        let max_attempts = if method == Method::POST {
            1
        } else {
            MAX_ATTEMPTS
        };
        for attempt in 1.. {
            let result = http_client::send(self.request(method.clone(), url.clone(), body)).await;
            match retry_delay(&result, attempt, max_attempts) {
                Some(delay) => tokio::time::sleep(delay).await,
                None => return check_status(result?, what),
            }
        }
        unreachable!("there is no retry after the last attempt")
    }

    fn request(&self, method: Method, url: Url, body: Option<&Value>) -> RequestBuilder {
        let request = self
            .http
            .request(method, url)
            .header("xi-api-key", self.key.expose_secret())
            .timeout(TIMEOUT);
        match body {
            Some(body) => request.json(body),
            None => request,
        }
    }

    /// Reads all entries of a list, page by page. `field` is the name of the list in a response.
    pub(super) async fn list(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        field: &str,
        what: &str,
    ) -> Result<Vec<Value>, ElevenLabsError> {
        let mut entries = Vec::new();
        let mut cursor = String::new();
        for _ in 0..MAX_PAGES {
            let mut query = [query, &[("page_size", PAGE_SIZE)]].concat();
            if !cursor.is_empty() {
                query.push(("cursor", &cursor));
            }
            let mut page = self.get(path, &query, what).await?;
            let Some(Value::Array(list)) = page.get_mut(field).map(Value::take) else {
                return Err(CallError::Unreadable.into());
            };
            entries.extend(list);
            match next_cursor(&page) {
                Some(next) if next != cursor => cursor = next,
                _ => return Ok(entries),
            }
        }
        Err(CallError::Unreadable.into())
    }
}

fn next_cursor(page: &Value) -> Option<String> {
    let is_last = page["has_more"] == false;
    page["next_cursor"]
        .as_str()
        .filter(|cursor| !is_last && !cursor.is_empty())
        .map(str::to_owned)
}

/// Returns the delay before the next attempt, or `None` if the result is final.
fn retry_delay(
    result: &Result<HttpResponse, CallError>,
    attempt: u32,
    max_attempts: u32,
) -> Option<Duration> {
    let error = match result {
        Ok(response) => response.error()?,
        Err(error) => error.clone(),
    };
    // A throttled request has had no effect, so it can always be retried.
    let max_attempts = if matches!(error, CallError::Throttled(_)) {
        MAX_ATTEMPTS
    } else {
        max_attempts
    };
    let doubled = RETRY_DELAY * 2u32.pow(attempt - 1);
    match error {
        _ if attempt >= max_attempts => None,
        CallError::Throttled(delay) => Some(delay.unwrap_or(doubled)),
        error if error.is_transient() => Some(doubled),
        _ => None,
    }
}

/// Turns an error status into an error.
fn check_status(response: HttpResponse, what: &str) -> Result<HttpResponse, ElevenLabsError> {
    match response.error() {
        None => Ok(response),
        Some(CallError::Unauthorised(status)) => Err(ElevenLabsError::Key(
            error::reason(&response),
            status.as_u16(),
        )),
        Some(_) if response.status == StatusCode::NOT_FOUND => {
            Err(ElevenLabsError::NotFound(what.to_owned()))
        }
        Some(CallError::Refused(status)) => Err(ElevenLabsError::Refused {
            what: what.to_owned(),
            status: status.as_u16(),
            reason: error::reason(&response),
        }),
        Some(error) => Err(error.into()),
    }
}

pub(super) fn read<T: serde::de::DeserializeOwned>(
    response: &HttpResponse,
) -> Result<T, ElevenLabsError> {
    Ok(response.json()?)
}

pub(super) fn entry<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, ElevenLabsError> {
    serde_json::from_value(value).map_err(|_| CallError::Unreadable.into())
}
