//! A fake receiver of events. It checks each signature with code of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

/// The secret of the events.
pub const EVENTS_SECRET: &str = "whsec_cXVpbmNlLWFuZC1tZWRsYXItYW5kLXBlYXI=";

/// A receiver of events.
pub struct Receiver {
    server: MockServer,
    status: Arc<AtomicU16>,
}

/// An event as it arrived.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivered {
    /// The header `webhook-id`.
    pub id: String,
    /// The body.
    pub body: Value,
    /// The body as text.
    pub text: String,
}

impl Receiver {
    /// Starts a receiver that accepts every event.
    pub async fn start() -> Self {
        let status = Arc::new(AtomicU16::new(204));
        let server = MockServer::start().await;
        Mock::given(method("POST"))
            .respond_with(Answer(Arc::clone(&status)))
            .mount(&server)
            .await;
        Self { server, status }
    }

    /// The address of the receiver, for `EVENTS_URL`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}/events", self.server.uri())
    }

    /// Answers with this status from now on.
    pub fn answers(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    /// Returns every delivery, also those that were not accepted.
    ///
    /// # Panics
    /// If a delivery is not signed with [`EVENTS_SECRET`].
    pub async fn deliveries(&self) -> Vec<Delivered> {
        let requests = self.server.received_requests().await.unwrap();
        requests.iter().map(delivered).collect()
    }

    /// Returns the deliveries of this type.
    pub async fn of_type(&self, event_type: &str) -> Vec<Delivered> {
        let mut deliveries = self.deliveries().await;
        deliveries.retain(|delivery| delivery.body["type"] == event_type);
        deliveries
    }
}

fn delivered(request: &Request) -> Delivered {
    let header = |name: &str| request.headers[name].to_str().unwrap().to_owned();
    let text = String::from_utf8(request.body.clone()).unwrap();
    let id = header("webhook-id");
    let signed = format!("{id}.{}.{text}", header("webhook-timestamp"));
    let key = STANDARD.decode(EVENTS_SECRET.strip_prefix("whsec_").unwrap());
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.unwrap()).unwrap();
    mac.update(signed.as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    assert_eq!(header("webhook-signature"), format!("v1,{signature}"));
    let body: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(body["id"], id.as_str());
    Delivered { id, body, text }
}

struct Answer(Arc<AtomicU16>);

impl Respond for Answer {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        ResponseTemplate::new(self.0.load(Ordering::SeqCst))
    }
}
