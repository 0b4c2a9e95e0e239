//! ElevenLabs' API, as far as an operator needs it: one file for each kind of thing it keeps.
//!
//! `{ELEVENLABS_API_URL}/…` with the key in `xi-api-key`. A key belongs to one workspace: things of
//! another one are not found. Lists are read to their last page. Objects that belong to the
//! operator are kept as they came, and only known fields are looked at: ElevenLabs adds fields all
//! the time.

mod agents;
mod conversations;
mod error;
#[cfg(test)]
pub(crate) mod fake;
mod secrets;
mod shown;
mod tools;
mod webhooks;

pub(crate) use agents::{Agent, Branch, PLACEHOLDERS};
pub(crate) use conversations::{ConversationFilter, ConversationSummary};
pub(crate) use error::ElevenLabsError;
pub(crate) use secrets::StoredSecret;
pub(crate) use shown::{is_same_address, shows, without_nulls};
pub(crate) use tools::Tool;
pub(crate) use webhooks::Webhook;

use std::time::Duration;

use common::http_client::{self, CallError, HttpResponse};
use reqwest::{Method, RequestBuilder, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use crate::deployment::Deployment;
use crate::failure::Failure;

/// Where it is, unless an operator's data has to stay in a region.
pub(crate) const PUBLIC: &str = "https://api.elevenlabs.io/v1";
/// How long one answer may take.
const LIMIT: Duration = Duration::from_secs(30);
/// How often a request is tried that may safely arrive twice.
const TRIES: u32 = 4;
/// The pause before the second try; it doubles.
const PAUSE: Duration = Duration::from_millis(500);
/// Most pages of a list: more means that the cursor leads nowhere.
const MOST_PAGES: usize = 10_000;
/// The longest page that every list gives.
const PAGE: &str = "100";

/// A client of one workspace; cheap to clone.
#[derive(Clone)]
pub(crate) struct ElevenLabs {
    http: reqwest::Client,
    base: Url,
    key: SecretString,
}

impl ElevenLabs {
    /// The workspace of this key. `base` is such as `https://api.elevenlabs.io/v1`.
    pub(crate) fn new(http: reqwest::Client, base: Url, key: SecretString) -> Self {
        Self { http, base, key }
    }

    /// The workspace whose key the deployment, or the shell, has.
    pub(crate) fn of(deployment: &Deployment) -> Result<Self, Failure> {
        let key = deployment.secret("ELEVENLABS_API_KEY")?;
        let base = deployment
            .get("ELEVENLABS_API_URL")
            .unwrap_or_else(|| PUBLIC.to_owned());
        let base =
            Url::parse(base.trim()).map_err(|_| Failure::InvalidUrl("ELEVENLABS_API_URL"))?;
        deployment.may_send_key(&base)?;
        Ok(Self::new(deployment.context.http.clone(), base, key))
    }

    /// Where it is.
    pub(crate) fn base(&self) -> &Url {
        &self.base
    }

    /// What this API answers for `what`, a thing or an action in words.
    async fn call(
        &self,
        method: Method,
        path: &[&str],
        body: Option<&Value>,
        what: &str,
    ) -> Result<HttpResponse, ElevenLabsError> {
        self.ask(method, http_client::join(&self.base, path), body, what)
            .await
    }

    async fn get(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        what: &str,
    ) -> Result<Value, ElevenLabsError> {
        let mut url = http_client::join(&self.base, path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        read(&self.ask(Method::GET, url, None, what).await?)
    }

    async fn ask(
        &self,
        method: Method,
        url: Url,
        body: Option<&Value>,
        what: &str,
    ) -> Result<HttpResponse, ElevenLabsError> {
        // What is made twice is there twice.
        let tries = if method == Method::POST { 1 } else { TRIES };
        for tried in 1.. {
            let answer = http_client::send(self.request(method.clone(), url.clone(), body)).await;
            match pause(&answer, tried, tries) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return accepted(answer?, what),
            }
        }
        unreachable!("the last try has no pause")
    }

    fn request(&self, method: Method, url: Url, body: Option<&Value>) -> RequestBuilder {
        let request = self
            .http
            .request(method, url)
            .header("xi-api-key", self.key.expose_secret())
            .timeout(LIMIT);
        match body {
            Some(body) => request.json(body),
            None => request,
        }
    }

    /// Every entry of a list, page by page. `field` is the name of the list in an answer.
    async fn list(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        field: &str,
        what: &str,
    ) -> Result<Vec<Value>, ElevenLabsError> {
        let (mut entries, mut cursor) = (Vec::new(), String::new());
        for _ in 0..MOST_PAGES {
            let mut query = [query, &[("page_size", PAGE)]].concat();
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

/// How long to wait before the next try, or `None` when the answer counts.
fn pause(answer: &Result<HttpResponse, CallError>, tried: u32, tries: u32) -> Option<Duration> {
    let error = match answer {
        Ok(answer) => answer.error()?,
        Err(error) => error.clone(),
    };
    // Whoever is throttled did nothing yet: that is worth another try whatever was asked.
    let tries = if matches!(error, CallError::Throttled(_)) {
        TRIES
    } else {
        tries
    };
    let doubled = PAUSE * 2u32.pow(tried - 1);
    match error {
        _ if tried >= tries => None,
        CallError::Throttled(pause) => Some(pause.unwrap_or(doubled)),
        error if error.is_transient() => Some(doubled),
        _ => None,
    }
}

fn accepted(answer: HttpResponse, what: &str) -> Result<HttpResponse, ElevenLabsError> {
    match answer.error() {
        None => Ok(answer),
        Some(CallError::Unauthorised(status)) => Err(ElevenLabsError::Key(
            error::reason(&answer),
            status.as_u16(),
        )),
        Some(_) if answer.status == StatusCode::NOT_FOUND => {
            Err(ElevenLabsError::NotFound(what.to_owned()))
        }
        Some(CallError::Refused(status)) => Err(ElevenLabsError::Refused {
            what: what.to_owned(),
            status: status.as_u16(),
            reason: error::reason(&answer),
        }),
        Some(error) => Err(error.into()),
    }
}

fn read<T: serde::de::DeserializeOwned>(answer: &HttpResponse) -> Result<T, ElevenLabsError> {
    Ok(answer.json()?)
}

fn entry<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, ElevenLabsError> {
    serde_json::from_value(value).map_err(|_| CallError::Unreadable.into())
}
