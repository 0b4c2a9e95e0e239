//! `memories export --caller`: exports all data about one person.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;

use elaaoms_tests::payload::{INES, NURSERY, TOMAS};
use elaaoms_tests::{Deployment, payload};
use serde_json::Value;

use crate::harness::{Ran, elaaoms, elaaoms_with};

/// A deployment with two calls and a recording of one caller, a call that was never connected, two
/// unreadable bodies, and a call of another caller.
async fn scene() -> Deployment {
    let deployment = Deployment::start().await;
    for name in ["first-call", "second-call", "spanish"] {
        deployment.remember(payload::body(name)).await;
    }
    let failure = String::from_utf8(payload::body("failure-twilio").to_vec()).unwrap();
    let failure = failure
        .replace("+12025550156", TOMAS)
        .replace("conv_5509failed1twilio", "conv_5509failed9tomas");
    let unreadable =
        format!("{{\"type\": \"post_call_transcription\", \"data\": {{\"caller\": \"{TOMAS}\", ");
    let broken = [b"\xff\xfe number: ", TOMAS.as_bytes()].concat();
    for body in [
        payload::body("audio"),
        failure.into(),
        unreadable.into(),
        broken.into(),
    ] {
        assert_eq!(deployment.elevenlabs.post_call(body).await.status, 200);
    }
    deployment
}

async fn exported(deployment: &Deployment) -> (Ran, Value) {
    let ran = elaaoms(
        deployment,
        &[
            "memories",
            "export",
            "--caller",
            TOMAS,
            "tomas.json",
            "--output",
            "json",
        ],
    )
    .await;
    ran.expect_code(0);
    let document = std::fs::read(deployment.data_dir().join("tomas.json")).unwrap();
    (ran, serde_json::from_slice(&document).unwrap())
}

fn list<'a>(document: &'a Value, name: &str) -> &'a Vec<Value> {
    document[name]
        .as_array()
        .unwrap_or_else(|| panic!("no {name}"))
}

fn texts(list: &[Value], field: &str) -> BTreeSet<String> {
    list.iter()
        .map(|entry| entry[field].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_contains_all_data_about_one_person_and_no_other() {
    let deployment = scene().await;
    let (ran, document) = exported(&deployment).await;
    assert!(
        !ran.out.contains(TOMAS),
        "the output masks the number: {}",
        ran.out
    );
    assert_eq!(
        (&document["format"], &document["caller"]),
        (&"elaaoms-caller/1".into(), &TOMAS.into())
    );

    let contents = texts(list(&document, "memories"), "content");
    let active: BTreeSet<String> = deployment
        .contents(NURSERY, TOMAS)
        .await
        .into_iter()
        .collect();
    assert!(
        !active.is_empty() && active.is_subset(&contents),
        "{contents:?}"
    );
    assert_eq!(document["memories_are_complete"], true);
    assert_eq!(list(&document, "cards").len(), 1);
    assert!(
        !document.to_string().contains(INES) && !document.to_string().contains("embrague"),
        "no data about another caller"
    );

    let calls = list(&document, "calls");
    let ids = [
        "conv_5501tomas1first",
        "conv_5501tomas2second",
        "conv_5509failed9tomas",
    ];
    assert_eq!(
        texts(calls, "conversation_id"),
        ids.map(str::to_owned).into()
    );
    let first = calls
        .iter()
        .find(|call| call["conversation_id"] == ids[0])
        .unwrap();
    let payloads = first["payloads"].as_array().unwrap();
    let recording = payloads
        .iter()
        .find(|file| file["name"].as_str().unwrap().ends_with("_audio.mp3"))
        .unwrap();
    assert!(
        recording.get("recording").is_some() && recording.get("base64").is_none(),
        "{recording}"
    );
    let transcription = payloads
        .iter()
        .find(|file| file["name"].as_str().unwrap().contains("transcription"))
        .unwrap();
    let sent: Value = serde_json::from_slice(&payload::body("first-call")).unwrap();
    assert_eq!(transcription["json"], sent);
    let records = texts(first["records"].as_array().unwrap(), "name");
    assert!(
        records.contains("extractions/conv_5501tomas1first.json"),
        "{records:?}"
    );

    let unrecognised = list(&document, "unrecognised");
    assert_eq!(unrecognised.len(), 2);
    assert!(unrecognised.iter().any(|file| {
        file["text"]
            .as_str()
            .is_some_and(|text| text.contains(TOMAS))
    }));
    assert!(unrecognised.iter().any(|file| file.get("base64").is_some()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_is_private_lists_other_copies_and_is_audited() {
    let deployment = scene().await;
    let (_, document) = exported(&deployment).await;
    let file = deployment.data_dir().join("tomas.json");
    assert_eq!(
        std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let places = texts(list(&document, "copies_elsewhere"), "place");
    for place in [
        "ElevenLabs",
        "telephony",
        "backups",
        "database backups",
        "logs",
    ] {
        assert!(places.contains(place), "{places:?}");
    }
    let ids = document["copies_elsewhere"][0]["conversation_ids"]
        .as_array()
        .unwrap();
    assert!(ids.contains(&"conv_5501tomas2second".into()), "{ids:?}");
    let trail = String::from_utf8(deployment.kept("audit.log").unwrap().to_vec()).unwrap();
    let line: Value = serde_json::from_str(trail.lines().last().unwrap()).unwrap();
    assert_eq!(
        (&line["action"], &line["subject"]),
        (&"export".into(), &document["audit"]["subject"])
    );
    assert_eq!(line["subject"].as_str().unwrap().len(), 64);
    assert_eq!(
        (&line["counts"]["calls"], &line["counts"]["unrecognised"]),
        (&3.into(), &2.into())
    );
    assert!(!trail.contains(&TOMAS[1..]), "{trail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_file_the_document_goes_to_standard_output() {
    let deployment = scene().await;
    for arguments in [
        &["memories", "export", "--caller", TOMAS][..],
        &["memories", "export", "--caller", TOMAS, "-"],
    ] {
        let ran = elaaoms(&deployment, arguments).await;
        assert_eq!(
            (ran.code, list(&ran.json(), "calls").len()),
            (0, 3),
            "{}",
            ran.err
        );
    }
    let ran = elaaoms(&deployment, &["memories", "export"]).await;
    assert_eq!(
        ran.code, 2,
        "an export of all callers needs a file: {}",
        ran.out
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_export_does_not_change_an_earlier_document() {
    let deployment = scene().await;
    let file = deployment.data_dir().join("tomas.json");
    std::fs::write(&file, "earlier").unwrap();
    let arguments = ["memories", "export", "--caller", TOMAS, "tomas.json"];
    let ran = elaaoms_with(
        &deployment,
        &arguments,
        &[("OPENMEMORY_API_URL", "http://127.0.0.1:9")],
    )
    .await;
    ran.expect_code(1);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "earlier");
    assert!(
        !deployment
            .files()
            .iter()
            .any(|file| file.ends_with(".part"))
    );
    // If the audit entry cannot be written, the export fails.
    std::fs::create_dir(deployment.data_dir().join("audit.log")).unwrap();
    for file in ["tomas.json", "-"] {
        let ran = elaaoms(
            &deployment,
            &["memories", "export", "--caller", TOMAS, file],
        )
        .await;
        assert!(ran.code == 1 && ran.out.is_empty(), "{}", ran.err);
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "earlier");
}

#[tokio::test(flavor = "multi_thread")]
async fn memories_under_an_older_spelling_belong_to_the_same_person() {
    let deployment = scene().await;
    assert_eq!(
        elaaoms(&deployment, &["memories", "export", "all.json"])
            .await
            .code,
        0
    );
    let export = std::fs::read_to_string(deployment.data_dir().join("all.json")).unwrap();
    let other = Deployment::start().await;
    let older = export.replace(&format!("\"{TOMAS}\""), &format!("\"00{}\"", &TOMAS[1..]));
    std::fs::write(other.data_dir().join("older.json"), older).unwrap();
    assert_eq!(
        elaaoms(&other, &["memories", "import", "older.json", "--yes"])
            .await
            .code,
        0
    );
    let (_, document) = exported(&other).await;
    assert!(
        !list(&document, "memories").is_empty() && list(&document, "cards").len() == 1,
        "{document}"
    );
    let calls = texts(list(&document, "calls"), "conversation_id");
    assert!(
        calls.contains("conv_5501tomas1first"),
        "calls known only from memories: {calls:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn forget_lists_the_copies_that_it_does_not_reach() {
    let deployment = scene().await;
    let ran = elaaoms(
        &deployment,
        &["memories", "forget", TOMAS, "--yes", "--output", "json"],
    )
    .await;
    let output = ran.json();
    let elevenlabs = &list(&output, "elsewhere")[0];
    assert_eq!(elevenlabs["place"], "ElevenLabs");
    assert_eq!(
        elevenlabs["conversation_ids"].as_array().unwrap().len(),
        3,
        "{elevenlabs}"
    );
    assert!(!ran.out.contains(TOMAS));
    let ran = elaaoms(&deployment, &["memories", "forget", INES, "--yes"]).await;
    assert!(
        ran.out
            .contains("DELETE https://api.elevenlabs.io/v1/convai/conversations/ID"),
        "{}",
        ran.out
    );
    assert!(
        ran.out.contains("\n    conv_") && ran.out.contains("backups"),
        "{}",
        ran.out
    );
}
