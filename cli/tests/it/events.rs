//! The event that a caller was forgotten.

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
