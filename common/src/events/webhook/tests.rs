use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::secrets::SecretSet;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSx";

fn webhook(server: &MockServer, secret: &str) -> Webhook {
    let secrets = SecretSet::read(|name| (name == "EVENTS_SECRET").then(|| secret.to_owned()));
    let url = format!("{}/events?token=hidden", server.uri());
    let http = crate::http_client::build().unwrap();
    Webhook::new(http, url.parse().unwrap(), Secrets::fixed(secrets))
}

fn id() -> EventId {
    EventId::derived_from(&["example"])
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

async fn answering(status: u16) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(status).insert_header("location", "/elsewhere"))
        .mount(&server)
        .await;
    server
}

async fn deliver(webhook: &Webhook, now: Timestamp) -> Result<Receipt, DeliveryError> {
    webhook.deliver(&id(), "{}".to_owned(), now).await
}

#[tokio::test]
async fn an_event_is_sent_with_the_headers_of_standard_webhooks() {
    let server = answering(204).await;
    let webhook = webhook(&server, &format!("{SECRET},{OTHER}"));
    assert_eq!(deliver(&webhook, at(5)).await, Ok(Receipt::Accepted));
    let request = server.received_requests().await.unwrap().remove(0);
    let sign = |secret| {
        let secret = SigningSecret::parse(secret).unwrap();
        secret.sign(id().as_str(), at(5), "{}")
    };
    for (name, expected) in [
        ("content-type", "application/json"),
        ("webhook-id", id().as_str()),
        ("webhook-timestamp", "5"),
        (
            "webhook-signature",
            &format!("{} {}", sign(SECRET), sign(OTHER)),
        ),
    ] {
        assert_eq!(request.headers[name], expected, "{name}");
    }
    assert_eq!(request.url.path(), "/events");
    assert_eq!(request.body, b"{}");
}

#[tokio::test]
async fn every_answer_but_success_and_gone_is_an_error_and_redirects_are_not_followed() {
    for (status, is_outage) in [
        (301, false),
        (400, false),
        (401, false),
        (404, false),
        (408, true),
        (429, true),
        (500, true),
        (503, true),
    ] {
        let server = answering(status).await;
        let error = deliver(&webhook(&server, SECRET), at(0)).await.unwrap_err();
        assert_eq!(error.is_outage(), is_outage, "{status}");
        assert!(!error.to_string().contains("hidden"), "{error}");
        assert_eq!(server.received_requests().await.unwrap().len(), 1);
    }
    let server = answering(410).await;
    let answer = deliver(&webhook(&server, SECRET), at(0)).await;
    assert_eq!(answer, Ok(Receipt::Gone));
}

#[tokio::test]
async fn nothing_is_sent_without_a_valid_secret() {
    let server = answering(200).await;
    for secret in ["", "whsec_", "guessed", &format!("{SECRET},guessed")] {
        let answer = deliver(&webhook(&server, secret), at(0)).await;
        assert_eq!(answer, Err(DeliveryError::NoSecret), "{secret}");
    }
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_outage_pauses_deliveries() {
    let server = answering(503).await;
    let webhook = webhook(&server, SECRET);
    assert!(deliver(&webhook, at(0)).await.unwrap_err().is_outage());
    let paused = deliver(&webhook, at(1)).await.unwrap_err();
    assert_eq!(paused, DeliveryError::Paused(Duration::from_secs(4)));
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
    server.reset().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(200))
        .mount(&server)
        .await;
    assert_eq!(deliver(&webhook, at(5)).await, Ok(Receipt::Accepted));
    assert_eq!(deliver(&webhook, at(5)).await, Ok(Receipt::Accepted));
}
