//! A caller asks the agent not to be remembered.

use elaaoms_tests::payload::{self, NURSERY, TOMAS};
use elaaoms_tests::{Deployment, Store, eventually};
use serde_json::{Value, json};

const FIRST: &str = "conv_5501tomas1first";
/// Another number of the same caller.
const OTHER_NUMBER: &str = "+12025550188";
const SECOND: &str = "conv_5501tomas2second";

fn wish() -> Value {
    json!({"caller_id": TOMAS, "agent_id": NURSERY, "conversation_id": SECOND, "confirmed": true})
}

/// Returns the files of the archive but for tombstones.
fn archived(deployment: &Deployment) -> Vec<String> {
    let files = deployment.files().into_iter();
    files
        .filter(|file| {
            ["payloads/", "callers/", "extractions/"]
                .iter()
                .any(|folder| file.contains(folder))
        })
        .collect()
}

#[tokio::test]
async fn nothing_of_a_caller_who_opted_out_is_stored() {
    let deployment = Deployment::start().await;
    let elevenlabs = &deployment.elevenlabs;
    let reply = elevenlabs.opt_out(&wish()).await;
    assert_eq!(reply.body["status"], "done", "{}", reply.text);
    assert_eq!(
        elevenlabs.post_call(payload::body("audio")).await.status,
        200
    );
    let reply = elevenlabs.post_call(payload::body("first-call")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.body["data"]["memory_extraction_queued"], false);
    assert!(deployment.is_erased(FIRST));
    // The recording is delivered once more, after the transcription.
    assert_eq!(
        elevenlabs.post_call(payload::body("audio")).await.status,
        200
    );
    assert_eq!(archived(&deployment), Vec::<String>::new());
    assert_eq!(
        deployment.contents(NURSERY, TOMAS).await,
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn the_tool_deletes_memories_and_cards_but_no_archived_call() {
    let deployment = Deployment::start().await;
    let elevenlabs = &deployment.elevenlabs;
    deployment.remember(payload::body("first-call")).await;
    let before = archived(&deployment);
    for _ in 0..2 {
        let reply = elevenlabs.opt_out(&wish()).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(reply.body["status"], "done");
    }
    assert_eq!(archived(&deployment), before, "the number can be forged");
    let greeting = elevenlabs.ring(NURSERY, TOMAS).await;
    assert_eq!(
        greeting.body["dynamic_variables"]["caller_known"], "false",
        "{}",
        greeting.text
    );
    let search = json!({"query": "quince", "caller_id": TOMAS, "agent_id": NURSERY});
    let found = elevenlabs.search(&search).await;
    assert_eq!(found.status, 200, "{}", found.text);
    assert_eq!(found.body["results"], json!([]));
    assert_eq!(found.body["memory_available"], true);
}

#[tokio::test]
async fn the_current_call_is_not_remembered_and_a_call_of_another_caller_is() {
    let deployment = Deployment::start().await;
    deployment.elevenlabs.opt_out(&wish()).await;
    let reply = deployment
        .elevenlabs
        .post_call(payload::body("second-call"))
        .await;
    assert_eq!(reply.status, 200);
    deployment.remember(payload::body("spanish")).await;
    assert!(deployment.is_erased(SECOND) && !deployment.holds("GF-4410"));
}

#[tokio::test]
async fn an_unconfirmed_wish_changes_nothing() {
    let deployment = Deployment::start().await;
    deployment.remember(payload::body("first-call")).await;
    let mut unconfirmed = wish();
    unconfirmed["confirmed"] = json!(false);
    let reply = deployment.elevenlabs.opt_out(&unconfirmed).await;
    assert_eq!(reply.body["status"], "not_confirmed", "{}", reply.text);
    assert!(!deployment.contents(NURSERY, TOMAS).await.is_empty());
}

#[tokio::test]
async fn a_wish_without_a_caller_is_a_bad_request_and_a_withheld_number_is_answered() {
    let deployment = Deployment::start().await;
    let elevenlabs = &deployment.elevenlabs;
    let nobody = json!({"agent_id": NURSERY, "confirmed": true});
    let refused = elevenlabs.opt_out(&nobody).await;
    assert_eq!(refused.status, 400);
    assert_eq!(refused.body["error"]["message"], "caller_id is missing");
    let withheld = json!({"caller_id": "anonymous", "confirmed": true});
    let reply = elevenlabs.opt_out(&withheld).await;
    assert_eq!(reply.body["status"], "anonymous", "{}", reply.text);
}

#[tokio::test]
async fn the_wish_holds_while_the_store_is_unavailable_and_a_repeated_request_completes_it() {
    let store = Store::start().await;
    let deployment = Deployment::with(&[("OPENMEMORY_API_URL", &store.url())]).await;
    deployment.remember(payload::body("first-call")).await;
    store.fail();
    let reply = deployment.elevenlabs.opt_out(&wish()).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.body["status"], "store_unavailable");
    assert_eq!(reply.body["recorded"], true);
    let later = deployment
        .elevenlabs
        .post_call(payload::body("second-call"))
        .await;
    assert_eq!(later.body["data"]["memory_extraction_queued"], false);
    store.heal();
    assert!(!store.memories(NURSERY, TOMAS).await.is_empty());
    let repeated = deployment.elevenlabs.opt_out(&wish()).await;
    assert_eq!(repeated.body["status"], "done", "{}", repeated.text);
    assert!(store.memories(NURSERY, TOMAS).await.is_empty());
}

#[tokio::test]
async fn a_job_that_was_queued_before_the_wish_stores_nothing() {
    let store = Store::start().await;
    let deployment = Deployment::with(&[("OPENMEMORY_API_URL", &store.url())]).await;
    store.refuse_memories();
    deployment
        .elevenlabs
        .post_call(payload::body("first-call"))
        .await;
    eventually("the store refuses the memories", async || {
        (store.refused() > 0).then_some(())
    })
    .await;
    let reply = deployment.elevenlabs.opt_out(&wish()).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    store.heal();
    deployment.done(FIRST).await;
    assert!(store.memories(NURSERY, TOMAS).await.is_empty());
}

#[tokio::test]
async fn a_wish_covers_all_linked_ids_of_the_person() {
    let deployment = Deployment::start().await;
    let elevenlabs = &deployment.elevenlabs;
    deployment.link(TOMAS, OTHER_NUMBER).await;
    let mut wish = wish();
    wish["caller_id"] = OTHER_NUMBER.into();
    let reply = elevenlabs.opt_out(&wish).await;
    assert_eq!(reply.body["status"], "done", "{}", reply.text);
    let reply = elevenlabs.post_call(payload::body("first-call")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.body["data"]["memory_extraction_queued"], false);
    assert_eq!(archived(&deployment), Vec::<String>::new());
}
