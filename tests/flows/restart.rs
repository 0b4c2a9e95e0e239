//! Restarts with the same data folder.

use elaaoms_tests::payload::{self, NURSERY, TOMAS};
use elaaoms_tests::{Deployment, Stopped, Store, eventually};
use serde_json::json;

const FIRST: &str = "conv_5501tomas1first";
const PAYLOAD: &str = "payloads/conv_5501tomas1first/conv_5501tomas1first_transcription.json";

#[tokio::test]
async fn a_caller_is_known_after_a_restart() {
    let deployment = Deployment::start().await;
    deployment.remember(payload::body("first-call")).await;
    let before = deployment.elevenlabs.ring(NURSERY, TOMAS).await;
    let deployment = deployment.stop().await.start().await;
    assert_eq!(
        deployment.elevenlabs.ring(NURSERY, TOMAS).await.body,
        before.body
    );
    let query = json!({"query": "order number", "caller_id": TOMAS, "agent_id": NURSERY});
    assert!(deployment.elevenlabs.search(&query).await.found()[0].contains("GF-4410"));
}

#[tokio::test]
async fn an_unfinished_call_is_extracted_after_a_restart() {
    let mut store = Store::start().await;
    store.stop().await;
    let deployment = Deployment::with(&[("OPENMEMORY_API_URL", &store.url())]).await;
    assert_eq!(
        deployment
            .elevenlabs
            .post_call(payload::body("first-call"))
            .await
            .status,
        200
    );
    let stopped = deployment.stop().await;
    assert!(
        !stopped
            .data_dir()
            .join(format!("extractions/{FIRST}.done"))
            .exists()
    );
    store.resume();
    let deployment = stopped.start().await;
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
async fn a_stored_call_that_was_never_queued_is_extracted_after_a_start() {
    let stopped = Stopped::new(&[]);
    stopped.keep(PAYLOAD, &payload::body("first-call"));
    stopped.keep("payloads/unrecognised/0011.json", b"not json");
    stopped.keep(
        "payloads/conv_5508withheld1/conv_5508withheld1_transcription.json",
        &payload::body("withheld"),
    );
    stopped.keep("payloads/stray file.txt", b"not ours");
    let deployment = stopped.start().await;
    deployment.done(FIRST).await;
    assert!(
        deployment
            .contents(NURSERY, TOMAS)
            .await
            .iter()
            .any(|content| content.contains("GF-4410"))
    );
}

#[tokio::test]
async fn a_finished_call_is_not_extracted_again_after_a_restart() {
    let deployment = Deployment::start().await;
    deployment.remember(payload::body("first-call")).await;
    let before = deployment.memories(NURSERY, TOMAS).await;
    let deployment = deployment.stop().await.start().await;
    let reply = deployment
        .elevenlabs
        .post_call(payload::body("first-call"))
        .await;
    assert_eq!(
        reply.body["data"]["memory_extraction_queued"], false,
        "{}",
        reply.text
    );
    // The caller's next call is extracted after any job that the restart queued.
    deployment.remember(payload::body("second-call")).await;
    let after = deployment.memories(NURSERY, TOMAS).await;
    for memory in before
        .iter()
        .filter(|memory| memory["content"].as_str().unwrap().contains("after six"))
    {
        assert!(after.contains(memory), "{memory} in {after:?}");
    }
}

#[tokio::test]
async fn extraction_resumes_from_the_record_of_an_earlier_run() {
    let deployment = Deployment::start().await;
    deployment.remember(payload::body("first-call")).await;
    let mut record = deployment.record(FIRST).unwrap();
    record["memories"].as_array_mut().unwrap().truncate(1);
    record["memories"][0]["content"] = json!("Content of the record.");
    let stopped = Stopped::new(&[]);
    stopped.keep(PAYLOAD, &payload::body("first-call"));
    stopped.keep(
        &format!("extractions/{FIRST}.json"),
        record.to_string().as_bytes(),
    );
    let deployment = stopped.start().await;
    deployment.done(FIRST).await;
    assert_eq!(
        deployment.contents(NURSERY, TOMAS).await,
        ["Content of the record."]
    );
}

#[tokio::test]
async fn development_secrets_survive_a_restart() {
    let blank = [
        ("ELEVENLABS_POST_CALL_HMAC_KEY", ""),
        ("WEBHOOK_API_KEY", ""),
        ("CALLER_ID_PEPPER", ""),
    ];
    let deployment = Deployment::with(&blank).await;
    let generated = deployment.kept("development-secrets.env").unwrap();
    let deployment = deployment.stop().await.start().await;
    assert_eq!(
        deployment.kept("development-secrets.env").unwrap(),
        generated
    );
    assert_eq!(
        deployment.elevenlabs.ring(NURSERY, TOMAS).await.status,
        401,
        "the generated key differs from the tests' key"
    );
}

#[tokio::test]
async fn a_call_past_its_deadline_is_deleted_and_its_memories_stay() {
    let deployment = Deployment::start().await;
    let start = payload::json("first-call")["data"]["metadata"]["start_time_unix_secs"]
        .as_i64()
        .unwrap();
    // A retention of seven days that has already ended.
    let settings = [(
        "/data/metadata/deletion_settings/deletion_time_unix_secs",
        json!(start + 7 * 24 * 60 * 60),
    )];
    let call = payload::edited("first-call", &settings);
    deployment.remember(call.clone()).await;
    let before = deployment.contents(NURSERY, TOMAS).await;
    assert_ne!(before, Vec::<String>::new());
    let deployment = deployment.stop().await.start().await;
    let record = format!("extractions/{FIRST}.json");
    eventually("payload and record are gone", async || {
        [PAYLOAD, &record]
            .iter()
            .all(|key| deployment.kept(key).is_none())
            .then_some(())
    })
    .await;
    assert!(deployment.is_done(FIRST) && !deployment.is_erased(FIRST));
    let reply = deployment.elevenlabs.post_call(call).await;
    assert!(
        reply.body["message"]
            .as_str()
            .unwrap()
            .contains("already received"),
        "{}",
        reply.text
    );
    assert!(
        deployment.kept(PAYLOAD).is_none(),
        "the redelivered payload must not be stored"
    );
    assert_eq!(deployment.contents(NURSERY, TOMAS).await, before);
    assert_eq!(
        deployment
            .elevenlabs
            .ring(NURSERY, TOMAS)
            .await
            .variable("caller_known"),
        "true"
    );
}
