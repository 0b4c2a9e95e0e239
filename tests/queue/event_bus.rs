//! EventBridge at the URL in `ELAAOMS_TEST_AWS_ENDPOINT`, with the credentials `test`. The test that
//! starts this one creates the bus and reads what arrives.

use common::events::{Event, EventBus, EventContent, EventData, EventId, ForgottenCaller};
use common::settings::Settings;
use jiff::Timestamp;

use super::pseudonym;

/// More than fit into one request.
const EVENTS: usize = 12;

#[tokio::test]
#[ignore = "needs EventBridge: tests/emulator/run"]
async fn events_are_put_onto_the_bus() {
    let settings = Settings::read(lookup).unwrap().events.bus.unwrap();
    let bus = EventBus::new(common::http_client::build().unwrap(), settings);
    let events: Vec<Event> = (0..EVENTS).map(event).collect();
    let with_bodies: Vec<(&Event, String)> = events
        .iter()
        .map(|event| (event, event.body(&EventContent::default()).unwrap()))
        .collect();
    bus.put(&with_bodies).await.unwrap();
}

fn event(number: usize) -> Event {
    let caller = pseudonym("+12025550142");
    Event {
        id: EventId::derived_from(&[&number.to_string()]),
        timestamp: Timestamp::from_second(1_800_000_000).unwrap(),
        data: EventData::CallerForgotten(ForgottenCaller { caller }),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "an environment variable tells where EventBridge is"
)]
fn lookup(name: &str) -> Option<String> {
    Some(match name {
        "OPENMEMORY_API_URL" => "http://127.0.0.1:8080".to_owned(),
        "EVENTS_BUS" => "calls".to_owned(),
        "AWS_ENDPOINT_URL" => std::env::var("ELAAOMS_TEST_AWS_ENDPOINT").unwrap(),
        "AWS_REGION" => "eu-central-1".to_owned(),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => "test".to_owned(),
        _ => return None,
    })
}
