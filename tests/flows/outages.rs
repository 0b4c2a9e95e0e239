//! The memory store is away: calls start, calls are kept, and nothing is called unknown that is
//! only unreachable.

use elaaoms_tests::payload::{self, NURSERY, TOMAS};
use elaaoms_tests::{Deployment, Store, eventually};
use serde_json::json;

const FIRST: &str = "conv_5501tomas1first";
const SECOND: &str = "conv_5501tomas2second";

/// How a store can be away.
#[derive(Debug, Clone, Copy)]
enum Away {
    Stopped,
    Hanging,
    Failing,
}

const EVERY_WAY: [Away; 3] = [Away::Stopped, Away::Hanging, Away::Failing];

#[tokio::test]
async fn a_call_starts_even_when_the_memory_store_is_down() {
    for away in EVERY_WAY {
        let (deployment, mut store) = knowing_tomas().await;
        go(&mut store, away).await;
        let reply = deployment.elevenlabs.ring(NURSERY, TOMAS).await;
        // A store that hangs has still not answered: whoever waits for it does not answer either.
        assert_eq!(reply.status, 200, "{away:?}");
        assert_eq!(
            reply.body["dynamic_variables"].as_object().unwrap().len(),
            7,
            "{away:?}: {}",
            reply.text
        );
        assert_eq!(reply.variable("caller_known"), "false");
        assert_eq!(
            reply.variable("greeting"),
            "Hello! How can I help you today?"
        );
        come_back(&mut store, away);
        assert_eq!(
            deployment
                .elevenlabs
                .ring(NURSERY, TOMAS)
                .await
                .variable("caller_known"),
            "true",
            "{away:?}"
        );
    }
}

#[tokio::test]
async fn a_search_says_that_memory_cannot_be_reached_and_not_that_nothing_is_known() {
    for away in EVERY_WAY {
        let (deployment, mut store) = knowing_tomas().await;
        go(&mut store, away).await;
        for all in [json!(null), json!(true), json!(false)] {
            let question = json!({"query": "order number", "caller_id": TOMAS, "agent_id": NURSERY, "search_all_agents": all});
            let reply = deployment.elevenlabs.search(&question).await;
            assert_eq!(reply.status, 200, "{away:?}");
            assert_eq!(
                reply.body["memory_available"], false,
                "{away:?}: {}",
                reply.text
            );
            assert!(reply.found().is_empty());
            assert!(
                reply.body["summary"]
                    .as_str()
                    .unwrap()
                    .contains("cannot be reached"),
                "{}",
                reply.text
            );
        }
        come_back(&mut store, away);
        let question = json!({"query": "order number", "caller_id": TOMAS, "agent_id": NURSERY});
        assert!(
            deployment.elevenlabs.search(&question).await.found()[0].contains("GF-4410"),
            "{away:?}"
        );
    }
}

#[tokio::test]
async fn a_call_that_ends_while_the_store_is_stopped_is_remembered_when_it_is_back() {
    worked_off_after(Away::Stopped).await;
}

#[tokio::test]
async fn a_call_that_ends_while_the_store_hangs_is_remembered_when_it_is_back() {
    worked_off_after(Away::Hanging).await;
}

#[tokio::test]
async fn a_call_that_ends_while_the_store_fails_is_remembered_when_it_is_back() {
    worked_off_after(Away::Failing).await;
}

#[tokio::test]
async fn an_outage_costs_no_tries_however_long_it_is() {
    let store = Store::start().await;
    store.refuse_memories();
    let deployment = over(&store).await;
    deployment
        .elevenlabs
        .post_call(payload::body("first-call"))
        .await;
    // Each try sends one batch, and poison is given up after the third failure.
    eventually("the job was tried three times", async || {
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
async fn callers_wait_for_each_other_only_when_they_are_the_same() {
    let store = Store::start().await;
    store.refuse_memories();
    let deployment = over(&store).await;
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
        eventually("other callers are worked on", async || {
            deployment.record(other)
        })
        .await;
    }
    assert_eq!(
        deployment.record(SECOND),
        None,
        "the same caller’s next call waits for the first"
    );
    store.heal();
    for conversation in [FIRST, SECOND, "conv_5502ines1taller", "conv_5507outbound1"] {
        deployment.done(conversation).await;
    }
}

async fn worked_off_after(away: Away) {
    let mut store = Store::start().await;
    let deployment = over(&store).await;
    go(&mut store, away).await;
    for name in ["first-call", "second-call"] {
        let reply = deployment.elevenlabs.post_call(payload::body(name)).await;
        assert_eq!(reply.status, 200, "{away:?}");
        assert_eq!(reply.body["data"]["memory_extraction_queued"], true);
    }
    let kept = deployment.kept(&format!("payloads/{FIRST}/{FIRST}_transcription.json"));
    assert_eq!(
        kept,
        Some(payload::body("first-call")),
        "it is kept before anything else"
    );
    assert!(store.contents(NURSERY, TOMAS).await.is_empty());
    assert!(!deployment.is_done(FIRST) && !deployment.is_done(SECOND));
    come_back(&mut store, away);
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

/// A deployment whose store knows Tomas, with short deadlines: nobody here waits for the default
/// ones.
async fn knowing_tomas() -> (Deployment, Store) {
    let store = Store::start().await;
    let deployment = over(&store).await;
    deployment.remember(payload::body("first-call")).await;
    (deployment, store)
}

async fn over(store: &Store) -> Deployment {
    let deadlines = [
        ("CLIENT_DATA_DEADLINE_MS", "300"),
        ("SEARCH_DEADLINE_MS", "300"),
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

async fn go(store: &mut Store, away: Away) {
    match away {
        Away::Stopped => store.stop().await,
        Away::Hanging => store.hang(),
        Away::Failing => store.fail(),
    }
}

fn come_back(store: &mut Store, away: Away) {
    match away {
        Away::Stopped => store.resume(),
        Away::Hanging | Away::Failing => store.heal(),
    }
}
