//! Erased data does not come back, however old the call is.

use std::path::Path;
use std::time::{Duration, SystemTime};

use elaaoms_tests::payload::{INES, NURSERY, TOMAS};
use elaaoms_tests::{Deployment, eventually, now, payload};
use serde_json::{Value, json};
use wiremock::matchers::{path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::harness::{elaaoms, elaaoms_with};

const FIRST: &str = "conv_5501tomas1first";
const PAYLOAD: &str = "payloads/conv_5501tomas1first/conv_5501tomas1first_transcription.json";
const DAY: u64 = 24 * 3600;

/// A fake of ElevenLabs' API that still has the erased call.
async fn elevenlabs() -> MockServer {
    let server = MockServer::start().await;
    let call = payload::json("first-call")["data"].clone();
    let start = &call["metadata"]["start_time_unix_secs"];
    let listed =
        json!([{"conversation_id": FIRST, "status": "done", "start_time_unix_secs": start}]);
    let list = |calls: Value| {
        ResponseTemplate::new(200).set_body_json(json!({"conversations": calls, "has_more": false}))
    };
    Mock::given(path("/v1/convai/conversations"))
        .and(query_param("agent_id", NURSERY))
        .respond_with(list(listed))
        .mount(&server)
        .await;
    Mock::given(path("/v1/convai/conversations"))
        .respond_with(list(json!([])))
        .with_priority(9)
        .mount(&server)
        .await;
    let one = Mock::given(path(format!("/v1/convai/conversations/{FIRST}")));
    one.respond_with(ResponseTemplate::new(200).set_body_json(call))
        .mount(&server)
        .await;
    server
}

/// Makes all files in a folder this many days older.
fn age(folder: &Path, days: u64) {
    let then =
        SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(now()).unwrap() - days * DAY);
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.path().is_dir() {
            true => age(&entry.path(), days),
            false => std::fs::File::open(entry.path())
                .unwrap()
                .set_modified(then)
                .unwrap(),
        }
    }
}

/// Restarts the deployment as if this many days had passed, and waits until expired calls are gone.
async fn restart_after(deployment: Deployment, days: u64) -> Deployment {
    let stopped = deployment.stop().await;
    for folder in ["payloads", "extractions", "callers", "erased"] {
        age(&stopped.data_dir().join(folder), days);
    }
    let deployment = stopped.start().await;
    eventually("expired calls are deleted", async || {
        deployment
            .files()
            .iter()
            .all(|file| !file.contains("data/payloads/") && !file.contains("data/callers/"))
            .then_some(())
    })
    .await;
    deployment
}

/// Tries every way in which an erased call could come back.
async fn try_to_bring_back(deployment: &Deployment, backup: &str, export: &str) {
    let server = elevenlabs().await;
    let base = deployment.url();
    let api = format!("{}/v1", server.uri());
    let variables = [
        ("ELEVENLABS_API_URL", api.as_str()),
        ("ELEVENLABS_API_KEY", "xi-test"),
    ];
    let words = [
        "backfill",
        "--agent",
        NURSERY,
        "--since",
        "2020-01-01",
        "--yes",
        "--output",
        "json",
        "--url",
        &base,
    ];
    let ran = elaaoms_with(deployment, &words, &variables).await;
    assert_eq!(
        ran.json(),
        json!({"delivered": 0, "kept": 0, "unfinished": 0, "erased": 1}),
        "{}",
        ran.err
    );
    let words = [
        "get-conversation",
        FIRST,
        "--extract",
        "--output",
        "json",
        "--url",
        &base,
    ];
    let ran = elaaoms_with(deployment, &words, &variables).await;
    assert_eq!(ran.json()["erased"], true, "{}", ran.err);
    let reply = deployment
        .elevenlabs
        .post_call(payload::body("first-call"))
        .await;
    assert_eq!(
        (
            reply.status.as_u16(),
            &reply.body["data"]["memory_extraction_queued"]
        ),
        (200, &json!(false))
    );
    eventually("the call is erased again", async || {
        deployment.kept(PAYLOAD).is_none().then_some(())
    })
    .await;
    let ran = elaaoms(
        deployment,
        &[
            "restore",
            backup,
            "--overwrite",
            "--yes",
            "--output",
            "json",
        ],
    )
    .await;
    assert!(
        ran.code == 0 && ran.json()["erased"].as_u64().unwrap() >= 4,
        "{} {}",
        ran.out,
        ran.err
    );
    let ran = elaaoms(
        deployment,
        &["memories", "import", export, "--yes", "--output", "json"],
    )
    .await;
    assert!(
        ran.code == 0 && ran.json()["erased"].as_u64().unwrap() >= 2,
        "{} {}",
        ran.out,
        ran.err
    );
}

async fn assert_is_forgotten(deployment: &Deployment) {
    assert_eq!(
        deployment.contents(NURSERY, TOMAS).await,
        Vec::<String>::new()
    );
    assert_eq!(
        deployment
            .elevenlabs
            .ring(NURSERY, TOMAS)
            .await
            .variable("caller_known"),
        "false"
    );
    let left: Vec<String> = deployment
        .files()
        .into_iter()
        .filter(|file| file.contains(FIRST))
        .collect();
    assert_eq!(left, [format!("data/erased/{FIRST}")]);
    let of_others = elaaoms(deployment, &["memories", "list", INES, "--output", "json"])
        .await
        .json();
    assert!(
        !of_others["memories"].as_array().unwrap().is_empty(),
        "other callers are restored: {of_others}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_caller_does_not_come_back_years_after_the_calls_expired() {
    // If the store was lost too, nothing names the call any more when its caller is forgotten, so
    // the call gets no tombstone.
    for is_store_lost in [false, true] {
        let deployment = Deployment::with(&[("PAYLOAD_RETENTION_DAYS", "90")]).await;
        for name in ["first-call", "spanish"] {
            deployment.remember(payload::body(name)).await;
        }
        let outside = tempfile::tempdir().unwrap();
        let at = |name: &str| outside.path().join(name).to_str().unwrap().to_owned();
        let backup = at("backup");
        let export = at("all.json");
        assert_eq!(elaaoms(&deployment, &["backup", &backup]).await.code, 0);
        assert_eq!(
            elaaoms(&deployment, &["memories", "export", &export])
                .await
                .code,
            0
        );
        let deployment = match is_store_lost {
            true => Deployment::with(&[("PAYLOAD_RETENTION_DAYS", "90")]).await,
            false => restart_after(deployment, 200).await,
        };
        let ran = elaaoms(&deployment, &["memories", "forget", TOMAS, "--yes"]).await;
        ran.expect_code(0);
        assert_eq!(deployment.is_erased(FIRST), !is_store_lost);
        let deployment = restart_after(deployment, 4000).await;
        try_to_bring_back(&deployment, &backup, &export).await;
        assert_is_forgotten(&deployment).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tombstone_of_an_earlier_version_is_honoured_and_no_longer_expires() {
    let deployment = Deployment::with(&[("PAYLOAD_RETENTION_DAYS", "90")]).await;
    let stopped = deployment.stop().await;
    stopped.keep(&format!("extractions/{FIRST}.erased"), b"");
    let deployment = restart_after(stopped.start().await, 4000).await;
    let reply = deployment
        .elevenlabs
        .post_call(payload::body("first-call"))
        .await;
    assert_eq!(
        reply.body["data"]["memory_extraction_queued"], false,
        "{}",
        reply.text
    );
    eventually("the call is erased again", async || {
        deployment.kept(PAYLOAD).is_none().then_some(())
    })
    .await;
    let backup = deployment.data_dir().join("../backup");
    assert_eq!(
        elaaoms(&deployment, &["backup", backup.to_str().unwrap()])
            .await
            .code,
        0
    );
    assert!(
        deployment.is_erased(FIRST),
        "the tombstone was copied to its permanent place"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_from_before_the_caller_was_forgotten_is_not_kept_and_a_later_one_is() {
    let deployment = Deployment::start().await;
    assert_eq!(
        elaaoms(&deployment, &["memories", "forget", TOMAS, "--yes"])
            .await
            .code,
        0
    );
    let reply = deployment
        .elevenlabs
        .post_call(payload::body("first-call"))
        .await;
    assert_eq!(
        reply.body["data"]["memory_extraction_queued"], false,
        "{}",
        reply.text
    );
    eventually("the call is erased again", async || {
        deployment.kept(PAYLOAD).is_none().then_some(())
    })
    .await;
    assert!(deployment.is_erased(FIRST));
    let began = json!(now() + 2);
    let later = [
        ("/data/metadata/start_time_unix_secs", began.clone()),
        ("/event_timestamp", began),
    ];
    deployment
        .remember(payload::edited("second-call", &later))
        .await;
    assert_eq!(
        deployment
            .elevenlabs
            .ring(NURSERY, TOMAS)
            .await
            .variable("caller_known"),
        "true"
    );
    // A call with impossible times counts as one of now, in whole seconds.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let odd = [
        ("/data/conversation_id", json!("conv_5501tomas3odd")),
        ("/data/metadata/start_time_unix_secs", json!(7)),
        ("/event_timestamp", json!(null)),
    ];
    deployment
        .remember(payload::edited("second-call", &odd))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_unreadable_body_is_neither_archived_nor_restored_again() {
    let deployment = Deployment::start().await;
    let broken = format!("{{\"caller\": \"{TOMAS}\", ");
    assert_eq!(
        deployment.elevenlabs.post_call(broken.clone()).await.status,
        200
    );
    let outside = tempfile::tempdir().unwrap();
    let backup = outside.path().join("backup").to_str().unwrap().to_owned();
    assert_eq!(elaaoms(&deployment, &["backup", &backup]).await.code, 0);
    assert_eq!(
        elaaoms(&deployment, &["memories", "forget", TOMAS, "--yes"])
            .await
            .code,
        0
    );
    assert_eq!(deployment.elevenlabs.post_call(broken).await.status, 200);
    let ran = elaaoms(
        &deployment,
        &["restore", &backup, "--yes", "--output", "json"],
    )
    .await;
    assert_eq!(ran.json()["erased"], 1, "{} {}", ran.out, ran.err);
    assert!(
        !deployment
            .files()
            .iter()
            .any(|file| file.contains("payloads/unrecognised"))
    );
    let stopped = deployment.stop().await;
    assert!(!stopped.holds(&TOMAS[1..]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_does_not_bring_back_a_single_erased_memory() {
    let deployment = Deployment::start().await;
    deployment.remember(payload::body("first-call")).await;
    assert_eq!(
        elaaoms(&deployment, &["memories", "export", "all.json"])
            .await
            .code,
        0
    );
    let before = deployment.memories(NURSERY, TOMAS).await;
    let id = before[0]["memory_id"].as_str().unwrap();
    assert_eq!(
        elaaoms(&deployment, &["memories", "delete", TOMAS, id, "--yes"])
            .await
            .code,
        0
    );
    let ran = elaaoms(
        &deployment,
        &[
            "memories", "import", "all.json", "--yes", "--output", "json",
        ],
    )
    .await;
    assert!(
        ran.json()["erased"].as_u64().unwrap() >= 1,
        "{} {}",
        ran.out,
        ran.err
    );
    let left = deployment.memories(NURSERY, TOMAS).await;
    assert_eq!(left.len(), before.len() - 1);
    assert!(left.iter().all(|memory| memory["memory_id"] != id));
}
