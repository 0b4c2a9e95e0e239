use jiff::Timestamp;
use serde_json::{Value, json};
use wiremock::matchers::{header, method};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::call::CallerHash;
use crate::events::{EventContent, EventData, EventId, ForgottenCaller};
use crate::settings::Settings;

const BUS: &str = "arn:aws:events:eu-west-1:123456789012:event-bus/calls";

fn bus(server: &MockServer, with_credentials: bool) -> EventBus {
    let lookup = |name: &str| match name {
        "OPENMEMORY_API_URL" => Some("http://127.0.0.1:8080".to_owned()),
        "EVENTS_BUS" => Some(BUS.to_owned()),
        "AWS_ENDPOINT_URL_EVENTBRIDGE" => Some(server.uri()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" if with_credentials => Some("k".to_owned()),
        _ => None,
    };
    let settings = Settings::read(lookup).unwrap().events.bus.unwrap();
    EventBus::new(crate::http_client::build().unwrap(), settings)
}

fn events(count: usize) -> Vec<Event> {
    let caller = CallerHash::parse(&"0a".repeat(32)).unwrap();
    (0..count)
        .map(|number| Event {
            id: EventId::derived_from(&[&number.to_string()]),
            timestamp: Timestamp::from_second(1_800_000_000).unwrap(),
            data: EventData::CallerForgotten(ForgottenCaller {
                caller: caller.clone(),
            }),
        })
        .collect()
}

async fn put(bus: &EventBus, count: usize) -> Result<(), DeliveryError> {
    let events = events(count);
    let with_bodies: Vec<(&Event, String)> = events
        .iter()
        .map(|event| (event, event.body(&EventContent::default()).unwrap()))
        .collect();
    bus.put(&with_bodies).await
}

async fn answer(server: &MockServer, template: ResponseTemplate) {
    server.reset().await;
    Mock::given(method("POST"))
        .and(header("x-amz-target", "AWSEvents.PutEvents"))
        .respond_with(template)
        .mount(server)
        .await;
}

#[tokio::test]
async fn entries_are_signed_and_at_most_ten_in_a_request() {
    let server = MockServer::start().await;
    let accepted = json!({"FailedEntryCount": 0, "Entries": []});
    answer(&server, ResponseTemplate::new(200).set_body_json(accepted)).await;
    put(&bus(&server, true), 12).await.unwrap();
    let requests = server.received_requests().await.unwrap();
    let bodies: Vec<Value> = requests
        .iter()
        .map(|request| serde_json::from_slice(&request.body).unwrap())
        .collect();
    let sizes: Vec<usize> = bodies
        .iter()
        .map(|body| body["Entries"].as_array().unwrap().len())
        .collect();
    assert_eq!(sizes, [10, 2]);
    let entry = &bodies[0]["Entries"][0];
    assert_eq!(entry["Source"], "elaaoms");
    assert_eq!(entry["DetailType"], "caller.forgotten");
    assert_eq!(entry["EventBusName"], BUS);
    assert_eq!(entry["Time"], 1_800_000_000);
    let detail: Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
    assert_eq!(detail["type"], "caller.forgotten");
    let signature = requests[0].headers["authorization"].to_str().unwrap();
    assert!(
        signature.contains("/eu-west-1/events/aws4_request"),
        "{signature}"
    );
}

#[tokio::test]
async fn a_rejected_entry_and_a_throttled_request_are_outages() {
    let server = MockServer::start().await;
    let rejected = json!({"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure"}]});
    answer(&server, ResponseTemplate::new(200).set_body_json(rejected)).await;
    let error = put(&bus(&server, true), 1).await.unwrap_err();
    assert_eq!(error, DeliveryError::RejectedByBus(1));
    let throttled = json!({"__type": "ThrottlingException"});
    answer(&server, ResponseTemplate::new(400).set_body_json(throttled)).await;
    assert!(put(&bus(&server, true), 1).await.unwrap_err().is_outage());
    let denied = json!({"__type": "AccessDeniedException"});
    answer(&server, ResponseTemplate::new(400).set_body_json(denied)).await;
    assert!(!put(&bus(&server, true), 1).await.unwrap_err().is_outage());
}

#[tokio::test]
async fn nothing_is_sent_without_credentials() {
    let server = MockServer::start().await;
    let error = put(&bus(&server, false), 1).await.unwrap_err();
    assert_eq!(error, DeliveryError::NoCredentials);
    assert!(server.received_requests().await.unwrap().is_empty());
}
