//! Outgoing events, from a call to the operator's receiver.

use std::collections::BTreeSet;

use common::queue::DeadLetters;
use common::queue::embedded::EmbeddedQueue;
use elaaoms_local::{Environment, Options, System};
use elaaoms_tests::payload::{self, NURSERY, TOMAS};
use elaaoms_tests::{Delivered, Deployment, EVENTS_SECRET, Receiver, Stopped, eventually};

const FIRST: &str = "conv_5501tomas1first";
const SECOND: &str = "conv_5501tomas2second";

async fn sending_to(receiver: &Receiver, more: &[(&'static str, &str)]) -> Deployment {
    let url = receiver.url();
    let own = [
        ("EVENTS_URL", url.as_str()),
        ("EVENTS_SECRET", EVENTS_SECRET),
    ];
    Deployment::with(&[&own, more].concat()).await
}

/// Waits for the last event of a call and returns all that arrived until then.
async fn announced(receiver: &Receiver, conversation: &str) -> Vec<Delivered> {
    eventually("the call is announced", async || {
        let all = receiver.deliveries().await;
        let is_last = |delivered: &Delivered| {
            delivered.body["type"] == "call.extracted"
                && delivered.body["data"]["conversation_id"] == conversation
        };
        all.iter().any(is_last).then_some(all)
    })
    .await
}

fn ids(deliveries: &[Delivered]) -> BTreeSet<String> {
    deliveries.iter().map(|one| one.id.clone()).collect()
}

/// Opens the queue of a running or stopped system.
async fn queue(data_dir: &std::path::Path) -> EmbeddedQueue {
    EmbeddedQueue::open(&data_dir.join("queue.db"))
        .await
        .unwrap()
}

#[tokio::test]
async fn events_of_a_call_are_signed_and_delivered_once_without_content() {
    let receiver = Receiver::start().await;
    let deployment = sending_to(&receiver, &[]).await;
    deployment.remember(payload::body("first-call")).await;
    let all = announced(&receiver, FIRST).await;
    assert_eq!(ids(&all).len(), all.len(), "each is delivered once");
    let announced: BTreeSet<&str> = all
        .iter()
        .filter(|one| one.body["type"] == "memory.stored")
        .map(|one| one.body["data"]["memory_id"].as_str().unwrap())
        .collect();
    let memories = deployment.memories(NURSERY, TOMAS).await;
    let stored: BTreeSet<&str> = memories
        .iter()
        .map(|memory| memory["memory_id"].as_str().unwrap())
        .collect();
    assert_eq!(announced, stored);
    let call = &all.last().unwrap().body["data"];
    assert_eq!(call["stored"], stored.len());
    assert_eq!(call["outcome"], "none");
    assert_eq!(call["agent_id"], NURSERY);
    assert_eq!(call["caller"].as_str().unwrap().len(), 64);
    for one in &all {
        assert!(
            !one.text.contains("content") && !one.text.contains("caller_id"),
            "{one:?}"
        );
        assert!(
            !one.text.contains(TOMAS) && !one.text.contains("GF-4410"),
            "{one:?}"
        );
    }
}

#[tokio::test]
async fn a_superseded_memory_is_announced_with_its_successor() {
    let receiver = Receiver::start().await;
    let deployment = sending_to(&receiver, &[]).await;
    deployment.remember(payload::body("first-call")).await;
    announced(&receiver, FIRST).await;
    let known = receiver.of_type("memory.stored").await;
    deployment.remember(payload::body("second-call")).await;
    let all = announced(&receiver, SECOND).await;
    let superseded = receiver.of_type("memory.superseded").await;
    assert!(!superseded.is_empty(), "{all:?}");
    for one in &superseded {
        let data = &one.body["data"];
        let is_of = |stored: &Delivered, name: &str| stored.body["data"]["memory_id"] == data[name];
        assert!(
            known.iter().any(|stored| is_of(stored, "memory_id")),
            "{data}"
        );
        assert!(
            all.iter().any(|stored| is_of(stored, "superseded_by")),
            "{data}"
        );
    }
    assert_eq!(
        all.last().unwrap().body["data"]["superseded"],
        superseded.len()
    );
}

#[tokio::test]
async fn content_is_sent_only_if_the_operator_wants_it() {
    let receiver = Receiver::start().await;
    let deployment = sending_to(&receiver, &[("EVENTS_CONTENT", "true")]).await;
    deployment.remember(payload::body("first-call")).await;
    announced(&receiver, FIRST).await;
    let stored = receiver.of_type("memory.stored").await;
    let sent: BTreeSet<&str> = stored
        .iter()
        .map(|one| one.body["data"]["content"].as_str().unwrap())
        .collect();
    let contents = deployment.contents(NURSERY, TOMAS).await;
    assert_eq!(sent, contents.iter().map(String::as_str).collect());
    for one in &stored {
        let data = &one.body["data"];
        assert_eq!(data["caller_id"], TOMAS);
        assert!(
            data["importance"].is_number() && data["category"].is_string(),
            "{data}"
        );
        assert!(!one.text.contains("quote"), "no transcript: {data}");
    }
    for file in ["queue.db", "queue.db-wal"] {
        let queue = std::fs::read(deployment.data_dir().join(file)).unwrap_or_default();
        assert!(
            !String::from_utf8_lossy(&queue).contains("GF-4410"),
            "{file}"
        );
    }
}

#[tokio::test]
async fn without_a_receiver_there_are_no_events() {
    let deployment = Deployment::start().await;
    deployment.remember(payload::body("first-call")).await;
    assert!(!deployment.holds("call.extracted"));
}

#[tokio::test]
async fn while_the_receiver_is_down_calls_are_extracted_and_events_wait_with_their_ids() {
    let receiver = Receiver::start().await;
    receiver.answers(503);
    let deployment = sending_to(&receiver, &[]).await;
    deployment.remember(payload::body("first-call")).await;
    eventually("an event is refused", async || {
        (!receiver.deliveries().await.is_empty()).then_some(())
    })
    .await;
    deployment.remember(payload::body("second-call")).await;
    let refused = receiver.deliveries().await;
    receiver.answers(204);
    announced(&receiver, FIRST).await;
    let all = announced(&receiver, SECOND).await;
    assert!(ids(&all[refused.len()..]).is_superset(&ids(&refused)));
    assert_eq!(
        all.len() - ids(&all).len(),
        refused.len(),
        "only refused ones come again"
    );
    let load = queue(&deployment.data_dir()).await.depth().await.unwrap();
    assert_eq!(load.dead, 0);
}

#[tokio::test]
async fn events_are_delivered_after_a_restart() {
    let receiver = Receiver::start().await;
    receiver.answers(500);
    let deployment = sending_to(&receiver, &[]).await;
    deployment.remember(payload::body("first-call")).await;
    let stopped = deployment.stop().await;
    receiver.answers(200);
    let deployment = stopped.start().await;
    announced(&receiver, FIRST).await;
    let stored: BTreeSet<String> = ids(&receiver.of_type("memory.stored").await);
    assert_eq!(
        stored.len(),
        deployment.memories(NURSERY, TOMAS).await.len()
    );
}

#[tokio::test]
async fn a_call_that_is_processed_twice_gives_the_same_events() {
    let receiver = Receiver::start().await;
    let deployment = sending_to(&receiver, &[]).await;
    deployment.remember(payload::body("first-call")).await;
    let once = announced(&receiver, FIRST).await;
    let stopped = deployment.stop().await;
    // As if the process had died before the call was marked as done, and the queue had forgotten
    // the jobs that it dropped as duplicates.
    let data = stopped.data_dir();
    std::fs::remove_file(data.join(format!("extractions/{FIRST}.done"))).unwrap();
    for file in ["queue.db", "queue.db-wal", "queue.db-shm"] {
        let _ = std::fs::remove_file(data.join(file));
    }
    let deployment = stopped.start().await;
    deployment.done(FIRST).await;
    let all = eventually("the events arrive again", async || {
        let all = receiver.deliveries().await;
        (all.len() >= 2 * once.len()).then_some(all)
    })
    .await;
    assert_eq!(all[once.len()..], once);
}

#[tokio::test]
async fn a_refused_event_becomes_a_dead_letter_and_is_replayed_with_its_id() {
    let receiver = Receiver::start().await;
    receiver.answers(404);
    let deployment = sending_to(&receiver, &[]).await;
    deployment.remember(payload::body("first-call")).await;
    let queue = queue(&deployment.data_dir()).await;
    eventually("the events are given up", async || {
        (queue.depth().await.unwrap().dead == 1).then_some(())
    })
    .await;
    let refused = receiver.deliveries().await;
    assert_eq!(
        (refused.len(), ids(&refused).len()),
        (3, 1),
        "three attempts"
    );
    receiver.answers(204);
    assert_eq!(queue.requeue(1).await.unwrap().jobs, 1);
    let all = announced(&receiver, FIRST).await;
    assert!(ids(&all[3..]).is_superset(&ids(&refused)));
}

#[tokio::test]
async fn an_event_that_is_answered_with_gone_is_not_repeated() {
    let receiver = Receiver::start().await;
    receiver.answers(410);
    let deployment = sending_to(&receiver, &[]).await;
    deployment.remember(payload::body("first-call")).await;
    let all = announced(&receiver, FIRST).await;
    assert_eq!(ids(&all).len(), all.len());
    let queue = queue(&deployment.data_dir()).await;
    eventually("the job ends", async || {
        let depth = queue.depth().await.unwrap();
        (depth.waiting == 0 && depth.dead == 0).then_some(())
    })
    .await;
    assert_eq!(receiver.deliveries().await.len(), all.len());
}

#[tokio::test]
async fn the_system_does_not_start_without_a_valid_secret() {
    for secret in ["", "guessed", "whsec_", "whsec_c2hvcnQ="] {
        let stopped = Stopped::new(&[]);
        let options = Options {
            host: None,
            port: Some(0),
            openmemory_port: Some(0),
            data_dir: stopped.data_dir(),
        };
        let settings = [
            ("EVENTS_URL", "https://events.example.com".to_owned()),
            ("EVENTS_SECRET", secret.to_owned()),
        ];
        let started = System::start(&options, Environment::only(settings)).await;
        let error = started.err().unwrap().to_string();
        assert!(error.contains("EVENTS_SECRET"), "{error}");
        assert!(
            secret.is_empty() || !error.contains(secret) || secret == "whsec_",
            "{error}"
        );
    }
}
