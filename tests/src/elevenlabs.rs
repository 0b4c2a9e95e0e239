//! ElevenLabs' part: it rings, asks, signs and posts.

use std::time::Duration;

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use reqwest::{Body, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::contract;
use crate::deployment::{SIGNING_SECRET, WEBHOOK_KEY};

/// How long a caller who waits for an answer is made to wait, before the test fails. Longer than
/// any webhook's deadline, shorter than the ten seconds that one call to the memory store may take:
/// who waits for a store that hangs is too late.
const WHILE_SOMEBODY_WAITS: Duration = Duration::from_secs(8);
/// The same where nobody waits; megabytes on a busy machine take their time.
const PATIENCE: Duration = Duration::from_secs(30);

/// Whoever calls the webhooks of one deployment.
#[derive(Debug, Clone)]
pub struct ElevenLabs {
    http: reqwest::Client,
    base: String,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    /// Its status.
    pub status: StatusCode,
    /// Its body; null when it is no JSON.
    pub body: Value,
    /// Its body as it came.
    pub text: String,
}

impl ElevenLabs {
    pub(crate) fn new(base: String) -> Self {
        Self {
            http: common::http_client::build().unwrap(),
            base,
        }
    }

    /// A call is over: the body is signed and posted.
    pub async fn post_call(&self, body: impl Into<Bytes>) -> Reply {
        let body = body.into();
        let signature = sign(SIGNING_SECRET, now(), &body);
        self.post_call_with(body, Some(&signature)).await
    }

    /// The same with a signature header of the test's own, or none.
    pub async fn post_call_with(&self, body: impl Into<Bytes>, signature: Option<&str>) -> Reply {
        let request = self.post("/webhook/post-call", body);
        let request = match signature {
            Some(signature) => request.header("ElevenLabs-Signature", signature),
            None => request,
        };
        self.send(request).await
    }

    /// The phone rings at `agent`, in the form that ElevenLabs sends.
    pub async fn ring(&self, agent: &str, caller: &str) -> Reply {
        let body = json!({"caller_id": caller, "agent_id": agent, "called_number": "+12025550190", "call_sid": "CA1"});
        self.client_data(&body).await
    }

    /// A conversation initiation request of the test's own, with the key.
    pub async fn client_data(&self, body: &Value) -> Reply {
        self.keyed("/webhook/client-data", body.to_string()).await
    }

    /// A call of the `search_memory` tool, with the key.
    pub async fn search(&self, body: &Value) -> Reply {
        self.keyed("/webhook/search-memory", body.to_string()).await
    }

    /// A post of anything with the key in `x-api-key`.
    pub async fn keyed(&self, path: &str, body: impl Into<Bytes>) -> Reply {
        let request = self.post(path, body).header("x-api-key", WEBHOOK_KEY);
        self.send(request.timeout(WHILE_SOMEBODY_WAITS)).await
    }

    /// How the deployment says it is.
    pub async fn health(&self) -> Reply {
        self.send(
            self.http
                .get(format!("{}/health", self.base))
                .timeout(PATIENCE),
        )
        .await
    }

    /// A post that proves nothing yet.
    pub fn post(&self, path: &str, body: impl Into<Bytes>) -> RequestBuilder {
        let request = self.http.post(format!("{}{path}", self.base));
        request
            .header("content-type", "application/json")
            .body(body.into())
            .timeout(PATIENCE)
    }

    /// Sends what [`post`](Self::post) began, and holds both sides against the OpenAPI document.
    ///
    /// # Panics
    /// When no whole answer comes: a handler that panics breaks the connection. When the document
    /// does not tell of it.
    pub async fn send(&self, request: RequestBuilder) -> Reply {
        let request = request.build().unwrap();
        let (method, path) = (
            request.method().to_string(),
            request.url().path().to_owned(),
        );
        let sent = request
            .body()
            .and_then(Body::as_bytes)
            .unwrap_or_default()
            .to_vec();
        let response = self.http.execute(request).await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or_default();
        contract::check(&method, &path, &sent, status, &body);
        Reply { status, body, text }
    }
}

impl Reply {
    /// The dynamic variable of this name; every one of them is a string.
    ///
    /// # Panics
    /// When it is missing or no string.
    #[must_use]
    pub fn variable(&self, name: &str) -> &str {
        let variable = &self.body["dynamic_variables"][name];
        variable
            .as_str()
            .unwrap_or_else(|| panic!("{name} is no string in {}", self.text))
    }

    /// The memories that a search gave, best first.
    ///
    /// # Panics
    /// When the answer has no list of results.
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

/// The header as ElevenLabs' Python SDK computes it: HMAC-SHA256 over `"{timestamp}.{body}"` with
/// the secret's UTF-8 bytes. Written here once more, so that the product is not held against
/// itself.
#[must_use]
pub fn sign(secret: &str, at: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{at}.").as_bytes());
    mac.update(body);
    format!("t={at},v0={}", hex::encode(mac.finalize().into_bytes()))
}

/// The time by which is signed, in seconds since the epoch.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "a signature carries the time at which it is made"
)]
pub fn now() -> i64 {
    Timestamp::now().as_second()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `hmac.new(secret.encode(), f"{timestamp}.{body}".encode(), hashlib.sha256).hexdigest()` in
    /// Python.
    #[test]
    fn the_signature_is_the_one_that_python_computes() {
        let body = r#"{"type":"post_call_audio","name":"Zoë"}"#;
        let expected =
            "t=1767261600,v0=3466bee29bf7d6d41f73bbd72edf5e685502623cfb42e81175923b00fe115810";
        assert_eq!(
            sign("wsec_pear-and-quince", 1_767_261_600, body.as_bytes()),
            expected
        );
    }
}
