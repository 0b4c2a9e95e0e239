//! A call is over: what is kept, what is queued, what is answered.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use elaaoms_tests::payload::{self, BRUNO, CALLED, NURSERY, OURS, TOMAS};
use elaaoms_tests::{Deployment, PEPPER, Store, eventually};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};

const MEGABYTE: usize = 1024 * 1024;

#[tokio::test]
async fn a_transcription_is_kept_byte_for_byte_and_queued() {
    let deployment = Deployment::start().await;
    // Spanish, so that letters of two bytes are among them.
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
async fn what_was_said_on_a_call_is_remembered() {
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
async fn a_recording_is_kept_as_sound() {
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
async fn a_recording_that_is_no_base64_is_kept_as_it_came() {
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
async fn a_call_that_did_not_come_about_is_kept_as_a_failure() {
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
async fn an_event_of_a_type_nobody_knows_yet_is_kept_under_its_name() {
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
async fn an_event_in_a_list_of_one_is_taken_like_the_event_itself() {
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
async fn what_is_authentic_and_unreadable_is_kept_and_acknowledged() {
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
        "a redelivery is kept once"
    );
}

#[tokio::test]
async fn a_call_with_ordinary_retention_is_kept_extracted_and_greeted_and_comes_again_without_harm()
{
    let deployment = Deployment::start().await;
    let (elevenlabs, conversation) = (&deployment.elevenlabs, "conv_5501tomas1first");
    let settings = payload::json("first-call")["data"]["metadata"]["deletion_settings"].clone();
    assert_eq!(
        settings["delete_transcript_and_pii"], true,
        "what ElevenLabs sends by default"
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
        reply.body["message"].as_str().unwrap().contains("before"),
        "{}",
        reply.text
    );
    // A call behind it is done only after anything that was queued for the first.
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
async fn deletion_settings_without_a_time_are_no_reason_to_forget() {
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
async fn a_recording_follows_its_own_flag() {
    let deployment = Deployment::start().await;
    let (elevenlabs, recording) = (
        &deployment.elevenlabs,
        "payloads/conv_5501tomas1first/conv_5501tomas1first_audio.mp3",
    );
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
        "the flag of the transcript is not the recording's"
    );
    let reply = elevenlabs.post_call(with("delete_audio")).await;
    assert!(
        reply.body["message"]
            .as_str()
            .unwrap()
            .contains("nothing is kept"),
        "{}",
        reply.text
    );
    assert!(
        deployment.kept(recording).is_none(),
        "an earlier delivery of it goes too"
    );
    assert_ne!(
        deployment.contents(NURSERY, TOMAS).await,
        Vec::<String>::new(),
        "the call is not concerned"
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
async fn the_caller_of_a_call_with_a_retention_of_zero_stays_a_stranger() {
    let deployment = Deployment::start().await;
    let reply = deployment
        .elevenlabs
        .post_call(payload::body("retention-zero"))
        .await;
    assert!(
        reply.body["message"]
            .as_str()
            .unwrap()
            .contains("nothing is kept"),
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
async fn a_call_with_a_retention_of_zero_leaves_nothing_whatever_comes_before_or_after_it() {
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
        "the recording is gone"
    );
    // The recording says nothing of deletion, nor do an unknown event and the same call without the
    // setting.
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
                .contains("nothing is kept"),
            "{}",
            reply.text
        );
    }
    // A call that comes without the setting may be remembered already, as far as post-call knows: a
    // job sees to it.
    eventually("nothing but its mark is left", async || {
        (traces().count() == 1).then_some(())
    })
    .await;
    for trace in ["Tomas", "Hazel", "quince", TOMAS] {
        assert!(!deployment.holds(trace), "{trace}");
    }
    // Another conversation is none of this one's.
    elevenlabs.post_call(payload::body("spanish")).await;
    assert!(
        deployment
            .kept("payloads/conv_5502ines1taller/conv_5502ines1taller_transcription.json")
            .is_some()
    );
}

#[tokio::test]
async fn a_call_that_was_remembered_and_comes_again_with_a_retention_of_zero_is_forgotten() {
    let deployment = Deployment::start().await;
    let (elevenlabs, conversation) = (&deployment.elevenlabs, "conv_5501tomas1first");
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
    let mark = format!("data/erased/{conversation}");
    let traces = || {
        deployment
            .files()
            .into_iter()
            .filter(|file| file.contains(conversation))
            .collect::<Vec<_>>()
    };
    eventually("nothing but its mark is left", async || {
        (traces() == [mark.clone()]).then_some(())
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
        "not even as somebody who called before"
    );
    assert!(
        !deployment
            .files()
            .iter()
            .any(|file| file.contains("callers/"))
    );
    // The first webhook comes once more, and again.
    for _ in 0..2 {
        elevenlabs.post_call(payload::body("first-call")).await;
        eventually("it goes again", async || {
            (traces() == [mark.clone()]).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn a_call_that_comes_again_between_its_deletion_and_the_end_of_its_extraction_is_forgotten_all_the_same()
 {
    let deployment = Deployment::start().await;
    let conversation = "conv_5501tomas1first";
    deployment.remember(payload::body("first-call")).await;
    assert_ne!(
        deployment.contents(NURSERY, TOMAS).await,
        Vec::<String>::new()
    );
    // As an extraction leaves it that died before its last step, and an erasure whose job has not
    // been at it yet.
    let made = |ending: &str| {
        deployment
            .data_dir()
            .join(format!("extractions/{conversation}.{ending}"))
    };
    std::fs::remove_file(made("done")).unwrap();
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
    let mark = format!("data/erased/{conversation}");
    eventually("nothing but its mark is left", async || {
        (traces() == [mark.clone()]).then_some(())
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
async fn a_deletion_that_names_no_caller_forgets_what_the_kept_call_was_remembered_by() {
    let deployment = Deployment::start().await;
    let conversation = "conv_5501tomas1first";
    deployment.remember(payload::body("first-call")).await;
    let nobody = [
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
            .post_call(payload::edited("first-call", &nobody))
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
    let mark = format!("data/erased/{conversation}");
    eventually("nothing but its mark is left", async || {
        (traces() == [mark.clone()]).then_some(())
    })
    .await;
    assert_eq!(
        deployment.contents(NURSERY, TOMAS).await,
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn a_call_of_nobody_is_kept_and_nothing_is_extracted() {
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
                .contains("no caller"),
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
async fn withheld_numbers_of_every_network_are_nobody() {
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
async fn on_an_outbound_call_the_person_called_is_remembered_and_never_our_own_number() {
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
async fn a_web_user_is_remembered_only_where_the_operator_trusts_browsers() {
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
async fn a_call_that_comes_again_is_remembered_once() {
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
        reply.body["message"].as_str().unwrap().contains("before"),
        "{}",
        reply.text
    );
    // A call behind it in the same caller's queue is done only after anything that was queued for
    // the first.
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
async fn a_call_is_found_again_by_its_callers_pseudonym_and_by_nothing_else() {
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
        "no number in a file's name"
    );
}

#[tokio::test]
async fn payloads_may_be_kept_in_a_folder_of_their_own() {
    let elsewhere = tempfile::tempdir().unwrap();
    let path = elsewhere.path().join("calls");
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
async fn six_megabytes_are_kept_and_seven_are_refused() {
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
async fn a_call_that_cannot_be_kept_is_asked_for_again() {
    let deployment = Deployment::start().await;
    // A file where the conversation's folder should be.
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

/// The same caller, another conversation, nothing in common.
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

/// The payload is there and the caller's index, but nothing was queued: what a process leaves that
/// dies between the two.
#[tokio::test]
async fn a_delivery_that_died_half_way_is_completed_by_the_next() {
    let mut store = Store::start().await;
    store.stop().await;
    let deployment = Deployment::with(&[("OPENMEMORY_API_URL", &store.url())]).await;
    let body = payload::body("first-call");
    let dead = deployment.data_dir().join("payloads/conv_5501tomas1first");
    std::fs::create_dir_all(&dead).unwrap();
    std::fs::write(dead.join("conv_5501tomas1first_transcription.json"), &body).unwrap();
    let reply = deployment.elevenlabs.post_call(body.clone()).await;
    assert_eq!(
        reply.body["data"]["memory_extraction_queued"], true,
        "{}",
        reply.text
    );
    // The same authentic bytes once more while the first is still in work: one job, and no second
    // memory of it.
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
