//! The events that a function receives: requests as API Gateway forwards them, and a message as SQS
//! delivers it.

use bytes::Bytes;
use common::elevenlabs::signature;
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::call;

/// The secret that signs webhook bodies.
pub(crate) const SIGNING_SECRET: &str = "wsec_of-the-benchmark";
/// The API key of the other webhooks.
pub(crate) const WEBHOOK_KEY: &str = "key-of-the-benchmark";

/// The API key of the memory store.
pub(crate) const STORE_KEY: &str = "key";

/// The entry points of the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Path {
    ClientData,
    SearchMemory,
    PostCall,
    Health,
    Extraction,
    /// A request for a caller card to the OpenMemory function, which `ALL` does not contain.
    CallerCard,
}

impl Path {
    pub(crate) const ALL: [Self; 5] = [
        Self::ClientData,
        Self::SearchMemory,
        Self::PostCall,
        Self::Health,
        Self::Extraction,
    ];

    /// Name of the function.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ClientData => "client-data",
            Self::SearchMemory => "search-memory",
            Self::PostCall => "post-call",
            Self::Health => "health",
            Self::Extraction => "extraction",
            Self::CallerCard => "openmemory",
        }
    }

    /// Name of the folder that `sam build` creates for it.
    pub(crate) fn built_as(self) -> &'static str {
        match self {
            Self::ClientData => "ClientData",
            Self::SearchMemory => "SearchMemory",
            Self::PostCall => "PostCall",
            Self::Health => "Health",
            Self::Extraction => "Extraction",
            Self::CallerCard => "OpenMemory",
        }
    }

    /// Builds a request or message with fresh authentication.
    pub(crate) fn event(self) -> Bytes {
        let event = match self {
            Self::Health => request("GET", "/health", None),
            Self::Extraction => message(),
            Self::CallerCard => request("GET", &card_path(), Some((self.proof(), String::new()))),
            Self::ClientData | Self::SearchMemory | Self::PostCall => {
                request("POST", &self.url(), Some((self.proof(), self.body())))
            }
        };
        Bytes::from(event.to_string())
    }

    /// Path of its URL.
    pub(crate) fn url(self) -> String {
        format!("/webhook/{}", self.name())
    }

    /// Body of its request.
    pub(crate) fn body(self) -> String {
        match self {
            Self::ClientData => {
                json!({"caller_id": call::CALLER, "agent_id": call::AGENT, "called_number": "+12025550190",
                "call_sid": "CA00000000000000000000000000000001"})
                .to_string()
            }
            Self::SearchMemory => json!({"query": "when should the tree be delivered", "caller_id": call::CALLER,
                "agent_id": call::AGENT, "conversation_id": call::CONVERSATION})
            .to_string(),
            Self::PostCall => call::body(),
            Self::Health | Self::Extraction | Self::CallerCard => String::new(),
        }
    }

    /// The header that authenticates the request.
    pub(crate) fn proof(self) -> (&'static str, String) {
        match self {
            Self::PostCall => (
                signature::HEADER,
                signature::sign(
                    self.body().as_bytes(),
                    &SecretString::from(SIGNING_SECRET),
                    now(),
                ),
            ),
            Self::CallerCard => ("x-api-key", STORE_KEY.to_owned()),
            _ => ("x-api-key", WEBHOOK_KEY.to_owned()),
        }
    }
}

fn card_path() -> String {
    let caller = call::CALLER.replace('+', "%2B");
    format!("/api/v1/agents/{}/callers/{caller}", call::AGENT)
}

fn request(method: &str, path: &str, authenticated: Option<((&str, String), String)>) -> Value {
    let mut headers = json!({"content-type": "application/json", "host": "api.example.com", "user-agent": "ElevenLabs/1.0",
        "x-forwarded-for": "203.0.113.7", "x-forwarded-port": "443", "x-forwarded-proto": "https"});
    let mut body = Value::Null;
    if let Some(((name, proof), text)) = authenticated {
        headers[name] = proof.into();
        body = text.into();
    }
    json!({"version": "2.0", "routeKey": format!("{method} {path}"), "rawPath": path, "rawQueryString": "", "headers": headers,
        "requestContext": {"accountId": "123456789012", "apiId": "api", "domainName": "api.example.com", "domainPrefix": "api",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": "ElevenLabs/1.0"},
            "requestId": "0142701f-62db-4603-a0e2-1baa8746d731", "routeKey": format!("{method} {path}"), "stage": "$default",
            "time": "23/Nov/2026:03:38:39 +0000", "timeEpoch": 1_795_405_119_473_u64},
        "body": body, "isBase64Encoded": false})
}

fn message() -> Value {
    let conversation = call::CONVERSATION;
    let job = json!({"conversation_id": conversation,
        "payload": format!("payloads/{conversation}/{conversation}_transcription.json")});
    json!({"Records": [{"messageId": "00000000-0000-4000-8000-000000000003", "receiptHandle": "receipt", "body": job.to_string(),
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1795405119473", "MessageGroupId": "group",
            "SequenceNumber": "18849496460467696128", "MessageDeduplicationId": conversation,
            "SenderId": "AROA", "ApproximateFirstReceiveTimestamp": "1795405119480"},
        "messageAttributes": {}, "md5OfBody": "d41d8cd98f00b204e9800998ecf8427e", "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:jobs.fifo", "awsRegion": "eu-central-1"}]})
}

#[expect(
    clippy::disallowed_methods,
    reason = "a signature includes the current time"
)]
fn now() -> Timestamp {
    Timestamp::now()
}
