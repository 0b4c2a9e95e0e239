//! Expired memories are never shown, even with a server that does not support expiry.

use common::call::ConversationId;
use common::memory::{CallerCard, Retention};
use common::openmemory::{OpenMemory, Provenance};
use common::settings::DialectSetting;
use elaaoms_tests::Store;
use elaaoms_tests::cavira::{Build, Cavira};
use jiff::{SignedDuration, Timestamp};

use crate::harness::{
    agent, caller, client_for, client_with_retention, contents, find, new_memory,
};

#[tokio::test]
async fn memories_expire_a_number_of_days_after_their_call_on_every_server() {
    let bundled = Store::start().await;
    let public = Cavira::start(Build::V130).await;
    for (url, key) in [(bundled.url(), ""), (public.url(), public.key())] {
        let client = client_with_retention(&url, key, Retention::from_days(30));
        tell(&client, 40, "Likes the corner table").await;
        tell(&client, 10, "Owns a blue canoe").await;
        assert_eq!(contents(&client, &caller(1)).await, ["Owns a blue canoe"]);
        let hits = find(&client, &caller(1), "corner table").await;
        assert!(
            hits.iter()
                .all(|memory| memory.content != "Likes the corner table")
        );
        tell(&client, 1, "Likes the corner table").await;
        assert_eq!(
            contents(&client, &caller(1)).await,
            ["Likes the corner table", "Owns a blue canoe"]
        );
    }
}

#[tokio::test]
async fn a_retention_that_is_set_later_applies_to_existing_memories() {
    let server = Store::start().await;
    let unlimited = client_for(&server.url(), DialectSetting::V1, "");
    tell(&unlimited, 40, "Likes the corner table").await;
    tell(&unlimited, 40, "Grows tulips").await;
    tell(&unlimited, 39, "Grows tulips").await;
    let limited = client_with_retention(&server.url(), "", Retention::from_days(30));
    assert_eq!(
        contents(&limited, &caller(1)).await,
        ["Grows tulips"],
        "a reinforced memory stays, because the time of its last call is unknown"
    );
    assert_eq!(contents(&unlimited, &caller(1)).await.len(), 2);
}

#[tokio::test]
async fn a_card_expires_with_its_last_call() {
    let bundled = Store::start().await;
    let public = Cavira::start(Build::V130).await;
    for (url, key) in [(bundled.url(), ""), (public.url(), public.key())] {
        let client = client_with_retention(&url, key, Retention::from_days(30));
        for (days, is_shown) in [(40, false), (10, true)] {
            let card = CallerCard {
                last_call_at: Some(days_ago(days)),
                ..CallerCard::default()
            };
            client
                .put_card(&agent("support"), &caller(1), &card, 8760)
                .await
                .unwrap();
            assert_eq!(
                client
                    .card(&agent("support"), &caller(1))
                    .await
                    .unwrap()
                    .is_some(),
                is_shown,
                "{days}"
            );
        }
    }
}

/// Stores a memory from a call this many days ago.
async fn tell(client: &OpenMemory, days: i64, content: &str) {
    let agent = agent("support");
    let conversation = ConversationId::parse(format!("conv_{days}")).unwrap();
    let provenance = Provenance {
        agent: &agent,
        caller: &caller(1),
        conversation: Some(&conversation),
        at: days_ago(days),
        channel: None,
        extractor: "tests",
    };
    let mut memory = new_memory(content);
    memory.idempotency_key = format!("{} {days}", memory.idempotency_key);
    client.remember(&provenance, &[memory]).await.unwrap();
}

fn days_ago(days: i64) -> Timestamp {
    let now = Timestamp::from_second(elaaoms_tests::now()).unwrap();
    now - SignedDuration::from_hours(24 * days)
}
