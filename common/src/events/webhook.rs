//! Delivers events to `EVENTS_URL` as signed webhooks (Standard Webhooks).

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use http::header::CONTENT_TYPE;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use url::Url;

use super::outage::Outage;
use super::{DeliveryError, EventId, SigningSecret};
use crate::http_client::{CallError, send};
use crate::secrets::Secrets;

/// Time limit of one delivery.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The receiver at `EVENTS_URL`. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Webhook {
    http: reqwest::Client,
    url: Url,
    secrets: Secrets,
    outage: Arc<Outage>,
}

/// What the receiver did with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    /// It accepted the event.
    Accepted,
    /// It answered 410: it wants this event never again.
    Gone,
}

impl Webhook {
    /// Returns the receiver at this address. `http` must not follow redirects.
    #[must_use]
    pub fn new(http: reqwest::Client, url: Url, secrets: Secrets) -> Self {
        Self {
            http,
            url,
            secrets,
            outage: Arc::default(),
        }
    }

    /// Sends an event at `now`.
    ///
    /// # Errors
    /// [`DeliveryError`] for any answer but 2xx and 410.
    pub async fn deliver(
        &self,
        id: &EventId,
        body: String,
        now: Timestamp,
    ) -> Result<Receipt, DeliveryError> {
        let signatures = self.signatures(id, &body, now).await?;
        self.outage.enter(now).map_err(DeliveryError::Paused)?;
        let request = self
            .http
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id.as_str())
            .header("webhook-timestamp", now.as_second())
            .header("webhook-signature", signatures)
            .timeout(TIMEOUT)
            .body(body);
        let answer = send(request).await.and_then(|response| {
            let is_gone = response.status == StatusCode::GONE;
            match response.error().filter(|_| !is_gone) {
                Some(error) => Err(error),
                None if is_gone => Ok(Receipt::Gone),
                None => Ok(Receipt::Accepted),
            }
        });
        self.note(&answer, now);
        Ok(answer?)
    }

    /// Returns one signature for each secret, so that secrets can be rotated.
    async fn signatures(
        &self,
        id: &EventId,
        body: &str,
        now: Timestamp,
    ) -> Result<String, DeliveryError> {
        let secrets = self.secrets.current().await;
        let signatures: Vec<String> = secrets
            .events_secrets()
            .iter()
            .map(|secret| SigningSecret::parse(secret.expose_secret()))
            .map(|secret| secret.map(|secret| secret.sign(id.as_str(), now, body)))
            .collect::<Result<_, _>>()
            .map_err(|_| DeliveryError::NoSecret)?;
        if signatures.is_empty() {
            return Err(DeliveryError::NoSecret);
        }
        Ok(signatures.join(" "))
    }

    fn note(&self, answer: &Result<Receipt, CallError>, now: Timestamp) {
        match answer {
            Err(CallError::Throttled(pause)) => self.outage.begin(now, *pause),
            Err(error) if error.is_transient() => self.outage.begin(now, None),
            Ok(_) | Err(_) => self.outage.end(),
        }
    }
}

#[cfg(test)]
mod tests;
