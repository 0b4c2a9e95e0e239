//! A client that plays ElevenLabs: it signs and sends the webhook requests.

use std::time::Duration;

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use reqwest::{Body, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::contract;
use crate::deployment::{SIGNING_SECRET, WEBHOOK_KEY};

/// Timeout of all requests. On a busy machine, large bodies take a while.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// Sends requests to the webhooks of one deployment.
#[derive(Debug, Clone)]
pub struct ElevenLabs {
    http: reqwest::Client,
    base: String,
}

/// A response.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The parsed body; null if it is not JSON.
    pub body: Value,
    /// The body as received.
    pub text: String,
}

impl ElevenLabs {
    pub(crate) fn new(base: String) -> Self {
        Self {
            http: common::http_client::build().unwrap(),
            base,
        }
    }

    /// Posts a signed post-call webhook.
    pub async fn post_call(&self, body: impl Into<Bytes>) -> Reply {
        let body = body.into();
        let signature = sign(SIGNING_SECRET, now(), &body);
        self.post_call_with(body, Some(&signature)).await
    }

    /// Posts a post-call webhook with this signature header, or without one.
    pub async fn post_call_with(&self, body: impl Into<Bytes>, signature: Option<&str>) -> Reply {
        let request = self.post("/webhook/post-call", body);
        let request = match signature {
            Some(signature) => request.header("ElevenLabs-Signature", signature),
            None => request,
        };
        self.send(request).await
    }

    /// Sends the conversation initiation request of an incoming call, as ElevenLabs does.
    pub async fn ring(&self, agent: &str, caller: &str) -> Reply {
        let body = json!({"caller_id": caller, "agent_id": agent, "called_number": "+12025550190", "call_sid": "CA1"});
        self.client_data(&body).await
    }

    /// Sends a conversation initiation request with this body and the key.
    pub async fn client_data(&self, body: &Value) -> Reply {
        self.keyed("/webhook/client-data", body.to_string()).await
    }

    /// Calls the `search_memory` tool with the key.
    pub async fn search(&self, body: &Value) -> Reply {
        self.keyed("/webhook/search-memory", body.to_string()).await
    }

    /// Calls the `do_not_remember` tool with the key.
    pub async fn opt_out(&self, body: &Value) -> Reply {
        self.keyed("/webhook/do-not-remember", body.to_string())
            .await
    }

    /// Posts a body with the key in `x-api-key`.
    pub async fn keyed(&self, path: &str, body: impl Into<Bytes>) -> Reply {
        let request = self.post(path, body).header("x-api-key", WEBHOOK_KEY);
        self.send(request).await
    }

    /// Requests the health of the deployment, as a load balancer does. The response does not wait
    /// for checks that take long.
    pub async fn health(&self) -> Reply {
        self.probe("/health").await
    }

    /// Sends a GET request.
    pub async fn probe(&self, path: &str) -> Reply {
        let request = self.http.get(format!("{}{path}", self.base));
        self.send(request.timeout(REQUEST_TIMEOUT)).await
    }

    /// Requests the health of the deployment and hangs up before the checks have ended.
    pub async fn abandon_probe(&self) {
        let request = self.http.get(format!("{}/health", self.base));
        let timeout = Duration::from_millis(50);
        let response = request.timeout(timeout).send().await;
        assert!(response.is_err(), "the response came before the timeout");
    }

    /// Requests the health of the deployment and waits until all checks have ended.
    pub async fn complete_health(&self) -> Reply {
        let request = self.http.get(format!("{}/health?wait=true", self.base));
        self.send(request.timeout(REQUEST_TIMEOUT)).await
    }

    /// Builds a POST request without authentication.
    pub fn post(&self, path: &str, body: impl Into<Bytes>) -> RequestBuilder {
        let request = self.http.post(format!("{}{path}", self.base));
        request
            .header("content-type", "application/json")
            .body(body.into())
            .timeout(REQUEST_TIMEOUT)
    }

    /// Sends a request, and checks the request and the response against the OpenAPI document.
    ///
    /// # Panics
    /// If there is no complete response, for example because a handler panicked. If the response
    /// does not match the document.
    pub async fn send(&self, request: RequestBuilder) -> Reply {
        let request = request.build().unwrap();
        let method = request.method().to_string();
        let path = request.url().path().to_owned();
        let sent_body = request
            .body()
            .and_then(Body::as_bytes)
            .unwrap_or_default()
            .to_vec();
        let response = self.http.execute(request).await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or_default();
        contract::check(&method, &path, &sent_body, status, &body);
        Reply { status, body, text }
    }
}

impl Reply {
    /// Returns a dynamic variable. All dynamic variables are strings.
    ///
    /// # Panics
    /// If the variable is missing or not a string.
    #[must_use]
    pub fn variable(&self, name: &str) -> &str {
        let variable = &self.body["dynamic_variables"][name];
        variable
            .as_str()
            .unwrap_or_else(|| panic!("{name} is not a string in {}", self.text))
    }

    /// Returns the memories that a search found, best first.
    ///
    /// # Panics
    /// If the response has no list of results.
    #[must_use]
    pub fn found(&self) -> Vec<&str> {
        let results = self.body["results"]
            .as_array()
            .unwrap_or_else(|| panic!("no results in {}", self.text));
        results
            .iter()
            .map(|hit| hit["memory"].as_str().unwrap())
            .collect()
    }
}

/// Computes the signature header like ElevenLabs' Python SDK: HMAC-SHA256 over
/// `"{timestamp}.{body}"` with the secret's UTF-8 bytes. This is a separate implementation, so that
/// the product is not tested against itself.
#[must_use]
pub fn sign(secret: &str, at: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{at}.").as_bytes());
    mac.update(body);
    format!("t={at},v0={}", hex::encode(mac.finalize().into_bytes()))
}

/// Returns the current time in Unix seconds.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "a signature contains the current time"
)]
pub fn now() -> i64 {
    Timestamp::now().as_second()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected value comes from Python:
    /// `hmac.new(secret.encode(), f"{timestamp}.{body}".encode(), hashlib.sha256).hexdigest()`.
    #[test]
    fn the_signature_matches_the_python_implementation() {
        let body = r#"{"type":"post_call_audio","name":"Zoë"}"#;
        let expected =
            "t=1767261600,v0=3466bee29bf7d6d41f73bbd72edf5e685502623cfb42e81175923b00fe115810";
        assert_eq!(
            sign("wsec_pear-and-quince", 1_767_261_600, body.as_bytes()),
            expected
        );
    }
}
