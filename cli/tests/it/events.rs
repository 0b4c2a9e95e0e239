//! The events of what an operator does.

use elaaoms_tests::payload::{NURSERY, TOMAS};
use elaaoms_tests::{Deployment, EVENTS_SECRET, Receiver, eventually, payload};

use crate::harness::{elaaoms, elaaoms_with};

#[tokio::test]
async fn forgetting_a_caller_is_announced_with_the_pseudonym_alone() {
    let receiver = Receiver::start().await;
    let url = receiver.url();
    let settings = [
        ("EVENTS_URL", url.as_str()),
        ("EVENTS_SECRET", EVENTS_SECRET),
        ("EVENTS_CONTENT", "true"),
    ];
    let deployment = Deployment::with(&settings).await;
    deployment.remember(payload::body("first-call")).await;
    let known = eventually("the call is announced", async || {
        receiver.of_type("call.extracted").await.pop()
    })
    .await;
    let words = ["memories", "forget", TOMAS, "--yes"];
    elaaoms_with(&deployment, &words, &settings)
        .await
        .expect_code(0);
    assert!(deployment.memories(NURSERY, TOMAS).await.is_empty());
    // The older spellings of the number are announced too.
    let pseudonym = serde_json::json!({"caller": known.body["data"]["caller"]});
    eventually("the erasure is announced", async || {
        let forgotten = receiver.of_type("caller.forgotten").await;
        let is_announced = forgotten
            .iter()
            .any(|event| event.body["data"] == pseudonym);
        is_announced.then_some(())
    })
    .await;
}

#[tokio::test]
async fn without_a_receiver_forgetting_queues_nothing() {
    let deployment = Deployment::start().await;
    deployment.remember(payload::body("first-call")).await;
    let words = ["memories", "forget", TOMAS, "--yes"];
    elaaoms(&deployment, &words).await.expect_code(0);
    assert!(!deployment.holds("caller.forgotten"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_addition_and_its_correction_are_announced_without_words() {
    let receiver = Receiver::start().await;
    let url = receiver.url();
    let settings = [
        ("EVENTS_URL", url.as_str()),
        ("EVENTS_SECRET", EVENTS_SECRET),
    ];
    let deployment = Deployment::with(&settings).await;
    let add = [
        "memories",
        "add",
        TOMAS,
        "--agent",
        NURSERY,
        "--content",
        "Has two cats.",
        "--output",
        "json",
    ];
    let added = elaaoms_with(&deployment, &add, &settings).await;
    added.expect_code(0);
    let wrong = added.json()["memory_id"].as_str().unwrap().to_owned();
    let edit = [
        "memories",
        "edit",
        TOMAS,
        &wrong,
        "--content",
        "Has three cats.",
        "--output",
        "json",
    ];
    let edited = elaaoms_with(&deployment, &edit, &settings).await;
    edited.expect_code(0);
    let right = edited.json()["memory_id"].clone();
    let superseded = eventually("the correction is announced", async || {
        receiver.of_type("memory.superseded").await.pop()
    })
    .await;
    let data = &superseded.body["data"];
    assert_eq!(data["memory_id"], wrong.as_str());
    assert_eq!(data["superseded_by"], right);
    assert_eq!(data["source"], "operator");
    let stored = receiver.of_type("memory.stored").await;
    let ids: Vec<_> = stored
        .iter()
        .map(|event| &event.body["data"]["memory_id"])
        .collect();
    assert_eq!(ids, [&wrong.into(), &right]);
    assert!(
        stored
            .iter()
            .all(|event| !event.body.to_string().contains("cats"))
    );
}
