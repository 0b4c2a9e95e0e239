//! The end of a call: what the post-call webhook stores, queues and answers.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use elaaoms_tests::payload::{self, BRUNO, CALLED, NURSERY, OURS, TOMAS};
use elaaoms_tests::{Deployment, PEPPER, Store, eventually};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};

const MEGABYTE: usize = 1024 * 1024;

#[tokio::test]
async fn a_transcription_is_stored_byte_for_byte_and_queued() {
    let deployment = Deployment::start().await;
    // Spanish, for characters of two bytes.
    let body = payload::body("spanish");
    let reply = deployment.elevenlabs.post_call(body.clone()).await;
    assert_eq!(reply.status, 200);
    assert_eq!(
        kept(&deployment, "conv_5502ines1taller", "transcription.json"),
        body
    );
    assert_eq!(
        reply.body["data"],
        json!({"webhook_type": "post_call_transcription", "conversation_id": "conv_5502ines1taller",
            "transcript_items": 4, "memory_extraction_queued": true})
    );
    assert_eq!(reply.body["status"], "success");
    assert!(
        reply.body["message"].is_string() && reply.body["request_id"].is_string(),
        "{}",
        reply.text
    );
}

#[tokio::test]
async fn statements_of_the_caller_are_remembered() {
    let deployment = Deployment::start().await;
    deployment.remember(payload::body("first-call")).await;
    let contents = deployment.contents(NURSERY, TOMAS).await;
    for words in ["GF-4410", "after six", "3 Hazel Court"] {
        assert!(
            contents.iter().any(|content| content.contains(words)),
            "{words} in {contents:?}"
        );
    }
}

#[tokio::test]
async fn a_recording_is_stored_as_an_audio_file() {
    let deployment = Deployment::start().await;
    let reply = deployment
        .elevenlabs
        .post_call(payload::body("audio"))
        .await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body["data"]["memory_extraction_queued"], false);
    let sent = payload::json("audio")["data"]["full_audio"]
        .as_str()
        .map(|audio| BASE64_STANDARD.decode(audio).unwrap());
    assert_eq!(
        kept(&deployment, "conv_5501tomas1first", "audio.mp3"),
        sent.unwrap()
    );
}

#[tokio::test]
async fn a_recording_with_invalid_base64_is_stored_unchanged() {
    let deployment = Deployment::start().await;
    let body = payload::edited("audio", &[("/data/full_audio", json!("%%%"))]);
    assert_eq!(
        deployment.elevenlabs.post_call(body.clone()).await.status,
        200
    );
    assert_eq!(
        kept(&deployment, "conv_5501tomas1first", "audio.json"),
        body
    );
}

#[tokio::test]
async fn a_call_that_failed_to_start_is_stored_as_a_failure() {
    let deployment = Deployment::start().await;
    for (name, conversation) in [
        ("failure-twilio", "conv_5509failed1twilio"),
        ("failure-sip", "conv_5510failed2sip"),
    ] {
        let reply = deployment.elevenlabs.post_call(payload::body(name)).await;
        assert_eq!(reply.status, 200);
        assert_eq!(
            reply.body["data"]["webhook_type"],
            "call_initiation_failure"
        );
        assert_eq!(
            kept(&deployment, conversation, "failure.json"),
            payload::body(name)
        );
    }
}

#[tokio::test]
async fn an_event_of_an_unknown_type_is_stored_under_its_type() {
    let deployment = Deployment::start().await;
    let body = payload::edited("first-call", &[("/type", json!("unredacted_transcript"))]);
    let reply = deployment.elevenlabs.post_call(body.clone()).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body["data"]["memory_extraction_queued"], false);
    assert_eq!(
        kept(
            &deployment,
            "conv_5501tomas1first",
            "unredacted_transcript.json"
        ),
        body
    );
}

#[tokio::test]
async fn an_event_in_a_list_of_one_is_handled_like_the_event() {
    let deployment = Deployment::start().await;
    let body: Bytes = json!([payload::json("first-call")]).to_string().into();
    let reply = deployment.elevenlabs.post_call(body.clone()).await;
    assert_eq!(
        reply.body["data"]["memory_extraction_queued"], true,
        "{}",
        reply.text
    );
    assert_eq!(
        kept(&deployment, "conv_5501tomas1first", "transcription.json"),
        body
    );
    deployment.done("conv_5501tomas1first").await;
    assert!(!deployment.contents(NURSERY, TOMAS).await.is_empty());
}

#[tokio::test]
async fn a_signed_but_unreadable_body_is_stored_and_acknowledged() {
    let deployment = Deployment::start().await;
    let bodies: [&[u8]; 5] = [
        b"not json",
        b"",
        b"[]",
        b"\xff\xfe\x00",
        br#"{"type":"post_call_transcription"}"#,
    ];
    for (count, body) in bodies.into_iter().enumerate() {
        let reply = deployment.elevenlabs.post_call(body).await;
        assert_eq!(reply.status, 200, "{body:?}");
        let kept = unrecognised(&deployment);
        assert_eq!(kept.len(), count + 1);
        assert!(kept.contains(&Bytes::from_static(body)), "{body:?}");
    }
    deployment.elevenlabs.post_call("not json").await;
    assert_eq!(
        unrecognised(&deployment).len(),
        bodies.len(),
        "a redelivery is stored once"
    );
}

#[tokio::test]
async fn a_call_with_ordinary_retention_is_remembered_and_may_be_redelivered() {
    let deployment = Deployment::start().await;
    let elevenlabs = &deployment.elevenlabs;
    let conversation = "conv_5501tomas1first";
    let settings = payload::json("first-call")["data"]["metadata"]["deletion_settings"].clone();
    assert_eq!(
        settings["delete_transcript_and_pii"], true,
        "ElevenLabs sends this by default"
    );
    let reply = elevenlabs.post_call(payload::body("first-call")).await;
    assert_eq!(
        reply.body["data"]["memory_extraction_queued"], true,
        "{}",
        reply.text
    );
    deployment.done(conversation).await;
    assert_eq!(
        kept(&deployment, conversation, "transcription.json"),
        payload::body("first-call")
    );
    let before = deployment.memories(NURSERY, TOMAS).await;
    assert_ne!(before, Vec::<serde_json::Value>::new());
    assert_eq!(
        elevenlabs
            .ring(NURSERY, TOMAS)
            .await
            .variable("caller_known"),
        "true"
    );
    let reply = elevenlabs.post_call(payload::body("first-call")).await;
    assert!(
        reply.body["message"]
            .as_str()
            .unwrap()
            .contains("already received"),
        "{}",
        reply.text
    );
    // The caller's next call is extracted after any job queued for the first.
    deployment.remember(later_call()).await;
    assert!(!deployment.is_erased(conversation));
    assert_eq!(
        kept(&deployment, conversation, "transcription.json"),
        payload::body("first-call")
    );
    let after = deployment.memories(NURSERY, TOMAS).await;
    assert!(
        before
            .iter()
            .all(|memory| after.iter().any(|other| other["id"] == memory["id"])),
        "{after:?}"
    );
    assert_eq!(
        elevenlabs
            .ring(NURSERY, TOMAS)
            .await
            .variable("caller_known"),
        "true"
    );
}

#[tokio::test]
async fn deletion_settings_without_a_time_delete_nothing() {
    for (flag, time) in [
        (json!(true), json!(null)),
        (json!("true"), json!("")),
        (json!(false), json!(1_767_261_600)),
    ] {
        let deployment = Deployment::start().await;
        let settings = [
            (
                "/data/metadata/deletion_settings/delete_transcript_and_pii",
                flag.clone(),
            ),
            (
                "/data/metadata/deletion_settings/deletion_time_unix_secs",
                time.clone(),
            ),
        ];
        deployment
            .remember(payload::edited("first-call", &settings))
            .await;
        assert_ne!(
            deployment.contents(NURSERY, TOMAS).await,
            Vec::<String>::new(),
            "{flag} {time}"
        );
    }
}

#[tokio::test]
async fn a_recording_follows_its_own_deletion_flag() {
    let deployment = Deployment::start().await;
    let elevenlabs = &deployment.elevenlabs;
    let recording = "payloads/conv_5501tomas1first/conv_5501tomas1first_audio.mp3";
    let with = |flag: &str| {
        let mut body = payload::json("audio");
        body["data"]["metadata"] = json!({"start_time_unix_secs": 1_767_261_600, "call_duration_secs": 30,
            "deletion_settings": {"deletion_time_unix_secs": 1_767_261_600, flag: true}});
        body.to_string()
    };
    deployment.remember(payload::body("first-call")).await;
    assert_eq!(
        elevenlabs
            .post_call(with("delete_transcript_and_pii"))
            .await
            .status,
        200
    );
    assert!(
        deployment.kept(recording).is_some(),
        "the transcript's flag must not delete the recording"
    );
    let reply = elevenlabs.post_call(with("delete_audio")).await;
    assert!(
        reply.body["message"]
            .as_str()
            .unwrap()
            .contains("Nothing stored"),
        "{}",
        reply.text
    );
    assert!(
        deployment.kept(recording).is_none(),
        "an earlier delivery of the recording must be deleted too"
    );
    assert_ne!(
        deployment.contents(NURSERY, TOMAS).await,
        Vec::<String>::new(),
        "the call's memories must stay"
    );
}

#[tokio::test]
async fn a_call_with_a_retention_of_zero_leaves_no_trace() {
    let deployment = Deployment::start().await;
    let reply = deployment
        .elevenlabs
        .post_call(payload::with_retention_zero("first-call"))
        .await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body["data"]["memory_extraction_queued"], false);
    for trace in ["Tomas", "Hazel", "quince", TOMAS, "conv_5501tomas1first"] {
        assert!(!deployment.holds(trace), "{trace}");
    }
    assert!(
        !deployment
            .files()
            .iter()
            .any(|file| file.contains("payloads/") || file.contains("callers/"))
    );
}

#[tokio::test]
async fn a_call_with_a_retention_of_zero_leaves_its_caller_unknown() {
    let deployment = Deployment::start().await;
    let reply = deployment
        .elevenlabs
        .post_call(payload::body("retention-zero"))
        .await;
    assert!(
        reply.body["message"]
            .as_str()
            .unwrap()
            .contains("Nothing stored"),
        "{}",
        reply.text
    );
    assert_eq!(
        deployment
            .elevenlabs
            .ring(NURSERY, BRUNO)
            .await
            .variable("caller_known"),
        "false"
    );
    assert!(!deployment.holds("tulip"));
}

#[tokio::test]
async fn a_call_with_a_retention_of_zero_erases_earlier_and_later_deliveries() {
    let deployment = Deployment::start().await;
    let elevenlabs = &deployment.elevenlabs;
    elevenlabs.post_call(payload::body("audio")).await;
    assert!(
        deployment
            .kept("payloads/conv_5501tomas1first/conv_5501tomas1first_audio.mp3")
            .is_some()
    );
    assert_eq!(
        elevenlabs
            .post_call(payload::with_retention_zero("first-call"))
            .await
            .status,
        200
    );
    let traces = || {
        deployment
            .files()
            .into_iter()
            .filter(|file| file.contains("conv_5501tomas1first"))
    };
    assert_eq!(
        traces().collect::<Vec<_>>(),
        ["data/erased/conv_5501tomas1first"],
        "only the tombstone must be left"
    );
    // Later deliveries without the deletion setting: a recording, an unknown event, the call
    // itself.
    let unknown = r#"{"type":"unredacted_transcript","data":{"conversation_id":"conv_5501tomas1first","said":"quince"}}"#;
    for later in [
        payload::body("audio"),
        unknown.into(),
        payload::body("first-call"),
    ] {
        let reply = elevenlabs.post_call(later).await;
        assert_eq!(
            (
                reply.status.as_u16(),
                &reply.body["data"]["memory_extraction_queued"]
            ),
            (200, &json!(false))
        );
        assert!(
            reply.body["message"]
                .as_str()
                .unwrap()
                .contains("Nothing stored"),
            "{}",
            reply.text
        );
    }
    // Post-call cannot know whether a call without the setting was remembered, so a job erases it.
    eventually("only its tombstone is left", async || {
        (traces().count() == 1).then_some(())
    })
    .await;
    for trace in ["Tomas", "Hazel", "quince", TOMAS] {
        assert!(!deployment.holds(trace), "{trace}");
    }
    // Another conversation is not affected.
    elevenlabs.post_call(payload::body("spanish")).await;
    assert!(
        deployment
            .kept("payloads/conv_5502ines1taller/conv_5502ines1taller_transcription.json")
            .is_some()
    );
}

#[tokio::test]
async fn a_remembered_call_redelivered_with_a_retention_of_zero_is_erased() {
    let deployment = Deployment::start().await;
    let elevenlabs = &deployment.elevenlabs;
    let conversation = "conv_5501tomas1first";
    elevenlabs.post_call(payload::body("first-call")).await;
    deployment.done(conversation).await;
    assert_ne!(
        deployment.contents(NURSERY, TOMAS).await,
        Vec::<String>::new()
    );
    let reply = elevenlabs
        .post_call(payload::with_retention_zero("first-call"))
        .await;
    assert_eq!(
        (
            reply.status.as_u16(),
            &reply.body["data"]["memory_extraction_queued"]
        ),
        (200, &json!(false))
    );
    let tombstone = format!("data/erased/{conversation}");
    let traces = || {
        deployment
            .files()
            .into_iter()
            .filter(|file| file.contains(conversation))
            .collect::<Vec<_>>()
    };
    eventually("only its tombstone is left", async || {
        (traces() == [tombstone.clone()]).then_some(())
    })
    .await;
    assert_eq!(
        deployment.contents(NURSERY, TOMAS).await,
        Vec::<String>::new()
    );
    let known = elevenlabs.ring(NURSERY, TOMAS).await;
    assert!(
        !known.text.contains("quince") && !known.text.contains("Tomas"),
        "{}",
        known.text
    );
    assert_eq!(
        known.variable("caller_known"),
        "false",
        "the caller must be unknown again"
    );
    assert!(
        !deployment
            .files()
            .iter()
            .any(|file| file.contains("callers/"))
    );
    // Two more redeliveries.
    for _ in 0..2 {
        elevenlabs.post_call(payload::body("first-call")).await;
        eventually("it is erased again", async || {
            (traces() == [tombstone.clone()]).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn a_call_redelivered_between_its_deletion_and_its_extraction_is_erased() {
    let deployment = Deployment::start().await;
    let conversation = "conv_5501tomas1first";
    deployment.remember(payload::body("first-call")).await;
    assert_ne!(
        deployment.contents(NURSERY, TOMAS).await,
        Vec::<String>::new()
    );
    // The state after an extraction that died before its last step, and after an erasure whose job
    // has not run yet.
    let extraction = |ending: &str| {
        deployment
            .data_dir()
            .join(format!("extractions/{conversation}.{ending}"))
    };
    std::fs::remove_file(extraction("done")).unwrap();
    std::fs::write(
        deployment.data_dir().join(format!("erased/{conversation}")),
        b"",
    )
    .unwrap();
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
    let traces = || {
        deployment
            .files()
            .into_iter()
            .filter(|file| file.contains(conversation))
            .collect::<Vec<_>>()
    };
    let tombstone = format!("data/erased/{conversation}");
    eventually("only its tombstone is left", async || {
        (traces() == [tombstone.clone()]).then_some(())
    })
    .await;
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
}

#[tokio::test]
async fn a_deletion_without_a_caller_id_erases_the_memories_of_the_stored_call() {
    let deployment = Deployment::start().await;
    let conversation = "conv_5501tomas1first";
    deployment.remember(payload::body("first-call")).await;
    let without_caller = [
        (
            "/data/metadata/deletion_settings/deleted_transcript_at_time_unix_secs",
            json!(1_767_270_000),
        ),
        ("/data/metadata/phone_call/external_number", json!("")),
        (
            "/data/conversation_initiation_client_data/dynamic_variables/system__caller_id",
            json!(""),
        ),
    ];
    assert_eq!(
        deployment
            .elevenlabs
            .post_call(payload::edited("first-call", &without_caller))
            .await
            .status,
        200
    );
    let traces = || {
        deployment
            .files()
            .into_iter()
            .filter(|file| file.contains(conversation))
            .collect::<Vec<_>>()
    };
    let tombstone = format!("data/erased/{conversation}");
    eventually("only its tombstone is left", async || {
        (traces() == [tombstone.clone()]).then_some(())
    })
    .await;
    assert_eq!(
        deployment.contents(NURSERY, TOMAS).await,
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn an_anonymous_call_is_stored_and_not_extracted() {
    let deployment = Deployment::start().await;
    for name in ["withheld", "web-no-caller", "web-user-id"] {
        let body = payload::body(name);
        let reply = deployment.elevenlabs.post_call(body.clone()).await;
        assert_eq!(reply.status, 200);
        assert_eq!(
            reply.body["data"]["memory_extraction_queued"], false,
            "{name}"
        );
        assert!(
            reply.body["message"]
                .as_str()
                .unwrap()
                .contains("is anonymous"),
            "{}",
            reply.text
        );
        assert_eq!(
            kept(
                &deployment,
                &payload::conversation(&body),
                "transcription.json"
            ),
            body
        );
    }
    assert!(
        !deployment
            .files()
            .iter()
            .any(|file| file.contains("callers/"))
    );
}

#[tokio::test]
async fn withheld_numbers_of_every_network_are_anonymous() {
    let deployment = Deployment::start().await;
    for number in [
        "Anonymous",
        "restricted",
        "unknown",
        "unavailable",
        "private",
        "+266696687",
        "",
        "*",
        " ",
    ] {
        let body = payload::edited(
            "first-call",
            &[
                ("/data/metadata/phone_call/external_number", json!(number)),
                (
                    "/data/conversation_initiation_client_data/dynamic_variables/system__caller_id",
                    json!(number),
                ),
            ],
        );
        let reply = deployment.elevenlabs.post_call(body).await;
        assert_eq!(
            reply.body["data"]["memory_extraction_queued"], false,
            "{number:?}"
        );
    }
}

#[tokio::test]
async fn an_outbound_call_is_remembered_for_the_callee_not_for_our_number() {
    let deployment = Deployment::start().await;
    deployment.remember(payload::body("outbound")).await;
    assert!(
        deployment
            .contents(NURSERY, CALLED)
            .await
            .iter()
            .any(|content| content.contains("fig tree"))
    );
    assert!(deployment.contents(NURSERY, OURS).await.is_empty());
}

#[tokio::test]
async fn a_web_user_is_remembered_only_if_the_operator_trusts_browsers() {
    let deployment = Deployment::with(&[("TRUST_USER_ID", "true")]).await;
    let reply = deployment.remember(payload::body("web-user-id")).await;
    assert_eq!(reply.body["data"]["memory_extraction_queued"], true);
    let contents = deployment.contents(NURSERY, "user:member-8812").await;
    assert!(
        contents
            .iter()
            .any(|content| content.contains("shade plants")),
        "{contents:?}"
    );
}

#[tokio::test]
async fn a_redelivered_call_is_remembered_once() {
    let deployment = Deployment::start().await;
    deployment.remember(payload::body("first-call")).await;
    let before = deployment.memories(NURSERY, TOMAS).await;
    let reply = deployment
        .elevenlabs
        .post_call(payload::body("first-call"))
        .await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body["data"]["memory_extraction_queued"], false);
    assert!(
        reply.body["message"]
            .as_str()
            .unwrap()
            .contains("already received"),
        "{}",
        reply.text
    );
    // The caller's next call is extracted after any job queued for the first.
    deployment.remember(later_call()).await;
    let first: Vec<Value> = deployment.memories(NURSERY, TOMAS).await;
    for memory in before {
        let again = first
            .iter()
            .find(|one| one["memory_id"] == memory["memory_id"])
            .unwrap();
        assert_eq!(again, &memory);
    }
}

#[tokio::test]
async fn a_call_is_indexed_only_by_the_pseudonym_of_its_caller() {
    let deployment = Deployment::start().await;
    deployment
        .elevenlabs
        .post_call(payload::body("first-call"))
        .await;
    let pseudonym = Hmac::<sha2::Sha256>::new_from_slice(PEPPER.as_bytes())
        .map(|mac| mac.chain_update(TOMAS).finalize().into_bytes())
        .map(hex::encode)
        .unwrap();
    assert!(
        deployment
            .kept(&format!("callers/{pseudonym}/conv_5501tomas1first"))
            .is_some(),
        "{:?}",
        deployment.files()
    );
    assert!(
        !deployment
            .files()
            .iter()
            .any(|file| file.contains("2025550123")),
        "a file name contains the number"
    );
}

#[tokio::test]
async fn payloads_may_have_a_folder_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls");
    let deployment =
        Deployment::with(&[("ELEVENLABS_POST_CALL_PAYLOAD_PATH", path.to_str().unwrap())]).await;
    deployment.remember(payload::body("first-call")).await;
    let file = path.join("conv_5501tomas1first/conv_5501tomas1first_transcription.json");
    assert_eq!(std::fs::read(file).unwrap(), payload::body("first-call"));
    assert!(
        deployment
            .kept("payloads/conv_5501tomas1first/conv_5501tomas1first_transcription.json")
            .is_none()
    );
}

#[tokio::test]
async fn six_megabytes_are_accepted_and_seven_are_refused() {
    let deployment = Deployment::start().await;
    let largest = padded(6 * MEGABYTE);
    let reply = deployment.elevenlabs.post_call(largest.clone()).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(
        kept(&deployment, "conv_5501tomas1first", "transcription.json"),
        largest
    );
    for size in [6 * MEGABYTE + 1, 7 * MEGABYTE] {
        let reply = deployment.elevenlabs.post_call(padded(size)).await;
        assert_eq!(reply.status, 413);
        assert_eq!(reply.body["error"]["code"], "TOO_LARGE", "{}", reply.text);
    }
}

#[tokio::test]
async fn a_call_that_cannot_be_stored_is_answered_with_503() {
    let deployment = Deployment::start().await;
    // A file in place of the conversation's folder makes the write fail.
    std::fs::write(
        deployment.data_dir().join("payloads/conv_5501tomas1first"),
        b"",
    )
    .unwrap();
    let reply = deployment
        .elevenlabs
        .post_call(payload::body("first-call"))
        .await;
    assert_eq!(reply.status, 503);
    assert_eq!(reply.body["error"]["code"], "UNAVAILABLE");
}

fn kept(deployment: &Deployment, conversation: &str, ending: &str) -> Bytes {
    let key = format!("payloads/{conversation}/{conversation}_{ending}");
    deployment
        .kept(&key)
        .unwrap_or_else(|| panic!("{key} is not among {:?}", deployment.files()))
}

fn unrecognised(deployment: &Deployment) -> Vec<Bytes> {
    let files = deployment.files();
    let keys = files
        .iter()
        .filter(|file| file.contains("/unrecognised/"))
        .map(|file| file.strip_prefix("data/").unwrap());
    keys.map(|key| deployment.kept(key).unwrap()).collect()
}

/// Another conversation of the same caller with different content.
fn later_call() -> Bytes {
    payload::edited(
        "first-call",
        &[
            ("/data/conversation_id", json!("conv_5501tomas9later")),
            (
                "/data/analysis/transcript_summary",
                json!("The shears were too blunt."),
            ),
            ("/data/analysis/data_collection_results", json!({})),
        ],
    )
}

fn padded(size: usize) -> Bytes {
    let mut body = payload::json("first-call");
    body["data"]["padding"] = json!("");
    let missing = size - body.to_string().len();
    body["data"]["padding"] = json!("x".repeat(missing));
    body.to_string().into()
}

/// A process that dies between storing the payload and queueing the job leaves this state.
#[tokio::test]
async fn an_interrupted_delivery_is_completed_by_the_next() {
    let mut store = Store::start().await;
    store.stop().await;
    let deployment = Deployment::with(&[("OPENMEMORY_API_URL", &store.url())]).await;
    let body = payload::body("first-call");
    let folder = deployment.data_dir().join("payloads/conv_5501tomas1first");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(
        folder.join("conv_5501tomas1first_transcription.json"),
        &body,
    )
    .unwrap();
    let reply = deployment.elevenlabs.post_call(body.clone()).await;
    assert_eq!(
        reply.body["data"]["memory_extraction_queued"], true,
        "{}",
        reply.text
    );
    // A redelivery during the extraction must cause neither a second job nor a second memory.
    let again = deployment.elevenlabs.post_call(body.clone()).await;
    assert_eq!(again.status, 200, "{}", again.text);
    store.resume();
    deployment.done("conv_5501tomas1first").await;
    let contents = store.contents(NURSERY, TOMAS).await;
    assert_eq!(
        contents
            .iter()
            .filter(|content| content.contains("GF-4410"))
            .count(),
        1,
        "{contents:?}"
    );
    let last = deployment.elevenlabs.post_call(body).await;
    assert_eq!(last.body["data"]["memory_extraction_queued"], false);
    assert!(
        last.body["message"]
            .as_str()
            .unwrap()
            .contains("nothing is stored twice"),
        "{}",
        last.text
    );
}
