//! Outages of the memory store: calls still start, finished calls are kept, and a search does not
//! report a caller as unknown.

use std::time::Duration;

use elaaoms_tests::payload::{self, NURSERY, TOMAS};
use elaaoms_tests::{Deployment, Reply, Store, eventually};
use serde_json::json;

const FIRST: &str = "conv_5501tomas1first";
const SECOND: &str = "conv_5501tomas2second";

/// The ways in which a store can be unavailable.
#[derive(Debug, Clone, Copy)]
enum Outage {
    Stopped,
    Hanging,
    Failing,
}

const ALL_OUTAGES: [Outage; 3] = [Outage::Stopped, Outage::Hanging, Outage::Failing];

#[tokio::test]
async fn a_call_starts_even_when_the_memory_store_is_down() {
    for outage in ALL_OUTAGES {
        let (deployment, mut store) = knowing_tomas().await;
        begin(&mut store, outage).await;
        let reply = in_time(deployment.elevenlabs.ring(NURSERY, TOMAS)).await;
        assert_eq!(reply.status, 200, "{outage:?}");
        assert_eq!(
            reply.body["dynamic_variables"].as_object().unwrap().len(),
            8,
            "{outage:?}: {}",
            reply.text
        );
        assert_eq!(reply.variable("caller_known"), "false");
        assert_eq!(
            reply.variable("greeting"),
            "Hello! How can I help you today?"
        );
        end(&mut store, outage);
        eventually("the caller is known again", async || {
            let reply = deployment.elevenlabs.ring(NURSERY, TOMAS).await;
            (reply.variable("caller_known") == "true").then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn during_an_outage_a_search_says_that_memory_cannot_be_reached() {
    for outage in ALL_OUTAGES {
        let (deployment, mut store) = knowing_tomas().await;
        begin(&mut store, outage).await;
        for all in [json!(null), json!(true), json!(false)] {
            let query = json!({"query": "order number", "caller_id": TOMAS, "agent_id": NURSERY, "search_all_agents": all});
            let reply = in_time(deployment.elevenlabs.search(&query)).await;
            assert_eq!(reply.status, 200, "{outage:?}");
            assert_eq!(
                reply.body["memory_available"], false,
                "{outage:?}: {}",
                reply.text
            );
            assert!(reply.found().is_empty());
            assert!(
                reply.body["summary"]
                    .as_str()
                    .unwrap()
                    .contains("cannot be looked up"),
                "{}",
                reply.text
            );
        }
        end(&mut store, outage);
        let query = json!({"query": "order number", "caller_id": TOMAS, "agent_id": NURSERY});
        eventually("the order is found again", async || {
            let reply = deployment.elevenlabs.search(&query).await;
            reply.found().first()?.contains("GF-4410").then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn a_call_that_ends_while_the_store_is_stopped_is_remembered_when_it_is_back() {
    calls_are_extracted_after(Outage::Stopped).await;
}

#[tokio::test]
async fn a_call_that_ends_while_the_store_hangs_is_remembered_when_it_is_back() {
    calls_are_extracted_after(Outage::Hanging).await;
}

#[tokio::test]
async fn a_call_that_ends_while_the_store_fails_is_remembered_when_it_is_back() {
    calls_are_extracted_after(Outage::Failing).await;
}

#[tokio::test]
async fn an_outage_does_not_count_as_a_failed_attempt() {
    let store = Store::start().await;
    store.refuse_memories();
    let deployment = with_store(&store).await;
    deployment
        .elevenlabs
        .post_call(payload::body("first-call"))
        .await;
    // Each attempt sends one batch. A job that fails permanently is given up after three attempts.
    eventually("the job is attempted three times", async || {
        (store.refused() >= 3).then_some(())
    })
    .await;
    store.heal();
    deployment.done(FIRST).await;
    assert!(
        store
            .contents(NURSERY, TOMAS)
            .await
            .iter()
            .any(|content| content.contains("GF-4410"))
    );
}

#[tokio::test]
async fn only_calls_of_the_same_caller_wait_for_each_other() {
    let store = Store::start().await;
    store.refuse_memories();
    let deployment = with_store(&store).await;
    for name in ["first-call", "second-call", "spanish", "outbound"] {
        assert_eq!(
            deployment
                .elevenlabs
                .post_call(payload::body(name))
                .await
                .status,
            200
        );
    }
    for other in ["conv_5502ines1taller", "conv_5507outbound1", FIRST] {
        eventually("calls of other callers are extracted", async || {
            deployment.record(other)
        })
        .await;
    }
    assert_eq!(
        deployment.record(SECOND),
        None,
        "the caller's second call must wait for the first"
    );
    store.heal();
    for conversation in [FIRST, SECOND, "conv_5502ines1taller", "conv_5507outbound1"] {
        deployment.done(conversation).await;
    }
}

async fn calls_are_extracted_after(outage: Outage) {
    let mut store = Store::start().await;
    let deployment = with_store(&store).await;
    begin(&mut store, outage).await;
    for name in ["first-call", "second-call"] {
        let reply = deployment.elevenlabs.post_call(payload::body(name)).await;
        assert_eq!(reply.status, 200, "{outage:?}");
        assert_eq!(reply.body["data"]["memory_extraction_queued"], true);
    }
    let stored = deployment.kept(&format!("payloads/{FIRST}/{FIRST}_transcription.json"));
    assert_eq!(
        stored,
        Some(payload::body("first-call")),
        "the payload is stored first"
    );
    assert!(store.contents(NURSERY, TOMAS).await.is_empty());
    assert!(!deployment.is_done(FIRST) && !deployment.is_done(SECOND));
    end(&mut store, outage);
    deployment.done(FIRST).await;
    deployment.done(SECOND).await;
    let contents = store.contents(NURSERY, TOMAS).await;
    for words in ["GF-4410", "snapped trunk"] {
        assert_eq!(
            contents
                .iter()
                .filter(|content| content.contains(words))
                .count(),
            1,
            "{words} in {contents:?}"
        );
    }
}

/// Waits less than the ten seconds that one request to a hanging store takes.
async fn in_time(reply: impl Future<Output = Reply>) -> Reply {
    match tokio::time::timeout(Duration::from_secs(8), reply).await {
        Ok(reply) => reply,
        Err(_) => panic!("the webhook waited for the store"),
    }
}

/// Starts a deployment whose store knows Tomas, with short deadlines to keep the tests fast.
async fn knowing_tomas() -> (Deployment, Store) {
    let store = Store::start().await;
    let deployment = with_store(&store).await;
    deployment.remember(payload::body("first-call")).await;
    (deployment, store)
}

async fn with_store(store: &Store) -> Deployment {
    let deadlines = [
        ("CLIENT_DATA_DEADLINE_MS", "1000"),
        ("SEARCH_DEADLINE_MS", "1000"),
    ];
    Deployment::with(
        &[
            &[("OPENMEMORY_API_URL", store.url().as_str())],
            deadlines.as_slice(),
        ]
        .concat(),
    )
    .await
}

async fn begin(store: &mut Store, outage: Outage) {
    match outage {
        Outage::Stopped => store.stop().await,
        Outage::Hanging => store.hang(),
        Outage::Failing => store.fail(),
    }
}

fn end(store: &mut Store, outage: Outage) {
    match outage {
        Outage::Stopped => store.resume(),
        Outage::Hanging | Outage::Failing => store.heal(),
    }
}
