//! Delivers events to an EventBridge bus. One signed POST needs no SDK.
//!
//! Source: Amazon EventBridge API Reference, `PutEvents`.

use std::time::Duration;

use http::StatusCode;
use reqwest::RequestBuilder;
use serde::{Deserialize, Serialize};

use super::{DeliveryError, Event};
use crate::http_client::{CallError, HttpResponse, send};
use crate::settings::EventBusSettings;
use crate::signed::now;

/// Most entries of one request.
const MAX_ENTRIES: usize = 10;
/// The source of all entries.
const SOURCE: &str = "elaaoms";
/// Time limit of one request.
const TIMEOUT: Duration = Duration::from_secs(5);

/// An EventBridge bus. Cheap to clone.
#[derive(Debug, Clone)]
pub struct EventBus {
    http: reqwest::Client,
    settings: EventBusSettings,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Request<'a> {
    entries: Vec<Entry<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Entry<'a> {
    source: &'static str,
    detail_type: &'static str,
    detail: &'a str,
    event_bus_name: &'a str,
    time: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Response {
    failed_entry_count: usize,
}

impl EventBus {
    /// Returns the bus of these settings.
    #[must_use]
    pub fn new(http: reqwest::Client, settings: EventBusSettings) -> Self {
        Self { http, settings }
    }

    /// Puts events with their bodies onto the bus.
    ///
    /// # Errors
    /// [`DeliveryError`] if the bus did not accept every event.
    pub async fn put(&self, events: &[(&Event, String)]) -> Result<(), DeliveryError> {
        for some in events.chunks(MAX_ENTRIES) {
            self.put_some(some).await?;
        }
        Ok(())
    }

    async fn put_some(&self, events: &[(&Event, String)]) -> Result<(), DeliveryError> {
        let entries = events
            .iter()
            .map(|(event, body)| self.entry(event, body))
            .collect();
        let body = serde_json::to_string(&Request { entries })
            .map_err(|_| DeliveryError::Unserializable)?;
        let request = self.request(body).ok_or(DeliveryError::NoCredentials)?;
        let response = send(request.timeout(TIMEOUT)).await?;
        if let Some(error) = error(&response) {
            return Err(error.into());
        }
        match response.json::<Response>()?.failed_entry_count {
            0 => Ok(()),
            failed => Err(DeliveryError::RejectedByBus(failed)),
        }
    }

    fn entry<'a>(&'a self, event: &Event, body: &'a str) -> Entry<'a> {
        Entry {
            source: SOURCE,
            detail_type: event.data.type_name(),
            detail: body,
            event_bus_name: &self.settings.name,
            time: event.timestamp.as_second(),
        }
    }

    /// Returns the signed request, or `None` without credentials.
    fn request(&self, body: String) -> Option<RequestBuilder> {
        let headers = [
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", "AWSEvents.PutEvents"),
        ];
        let identity = self.settings.identity.as_ref()?;
        let endpoint = self.settings.endpoint.as_ref()?;
        let request = identity.post("events", endpoint, &headers, body, now())?;
        let request = reqwest::Request::try_from(request).ok()?;
        Some(RequestBuilder::from_parts(self.http.clone(), request))
    }
}

/// Returns the error of a response. AWS answers 400 to throttled requests.
fn error(response: &HttpResponse) -> Option<CallError> {
    let error = response.error()?;
    let is_throttled = response.status == StatusCode::BAD_REQUEST
        && String::from_utf8_lossy(response.body()).contains("ThrottlingException");
    Some(match is_throttled {
        true => CallError::Throttled(None),
        false => error,
    })
}

#[cfg(test)]
mod tests;
