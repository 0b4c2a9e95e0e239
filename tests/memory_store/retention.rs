//! What has expired is shown by no server, not even by one that knows no expiry.

use common::call::ConversationId;
use common::memory::{CallerCard, Retention};
use common::openmemory::{OpenMemory, Provenance};
use common::settings::DialectSetting;
use elaaoms_tests::Store;
use elaaoms_tests::cavira::{Build, Cavira};
use jiff::{SignedDuration, Timestamp};

use crate::bench::{agent, all, caller, found, kept_for, port, said};

#[tokio::test]
async fn what_a_call_said_expires_so_many_days_after_it_on_every_server() {
    let (bundled, public) = (Store::start().await, Cavira::start(Build::V130).await);
    for (url, key) in [(bundled.url(), ""), (public.url(), public.key())] {
        let port = kept_for(&url, key, Retention::from_days(30));
        tell(&port, 40, "Likes the corner table").await;
        tell(&port, 10, "Owns a blue canoe").await;
        assert_eq!(all(&port, &caller(1)).await, ["Owns a blue canoe"]);
        let answers = found(&port, &caller(1), "corner table").await;
        assert!(
            answers
                .iter()
                .all(|memory| memory.content != "Likes the corner table")
        );
        tell(&port, 1, "Likes the corner table").await;
        assert_eq!(
            all(&port, &caller(1)).await,
            ["Likes the corner table", "Owns a blue canoe"]
        );
    }
}

#[tokio::test]
async fn a_limit_that_is_set_later_hides_what_was_stored_before() {
    let server = Store::start().await;
    let unlimited = port(&server.url(), DialectSetting::V1, "");
    tell(&unlimited, 40, "Likes the corner table").await;
    tell(&unlimited, 40, "Grows tulips").await;
    tell(&unlimited, 39, "Grows tulips").await;
    let limited = kept_for(&server.url(), "", Retention::from_days(30));
    assert_eq!(
        all(&limited, &caller(1)).await,
        ["Grows tulips"],
        "nobody knows which call said it last"
    );
    assert_eq!(all(&unlimited, &caller(1)).await.len(), 2);
}

#[tokio::test]
async fn a_card_expires_with_its_last_call() {
    let (bundled, public) = (Store::start().await, Cavira::start(Build::V130).await);
    for (url, key) in [(bundled.url(), ""), (public.url(), public.key())] {
        let port = kept_for(&url, key, Retention::from_days(30));
        for (days, is_shown) in [(40, false), (10, true)] {
            let card = CallerCard {
                last_call_at: Some(days_ago(days)),
                ..CallerCard::default()
            };
            port.put_card(&agent("support"), &caller(1), &card, 8760)
                .await
                .unwrap();
            assert_eq!(
                port.card(&agent("support"), &caller(1))
                    .await
                    .unwrap()
                    .is_some(),
                is_shown,
                "{days}"
            );
        }
    }
}

async fn tell(port: &OpenMemory, days: i64, content: &str) {
    let (agent, conversation) = (
        agent("support"),
        ConversationId::parse(format!("conv_{days}")).unwrap(),
    );
    let (caller, at) = (caller(1), days_ago(days));
    let provenance = Provenance {
        agent: &agent,
        caller: &caller,
        conversation: &conversation,
        at,
        channel: None,
        extractor: "tests",
    };
    let mut memory = said(content);
    memory.idempotency_key = format!("{} {days}", memory.idempotency_key);
    port.remember(&provenance, &[memory]).await.unwrap();
}

fn days_ago(days: i64) -> Timestamp {
    let now = Timestamp::from_second(elaaoms_tests::now()).unwrap();
    now - SignedDuration::from_hours(24 * days)
}
