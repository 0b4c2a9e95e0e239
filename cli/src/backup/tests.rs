use clap::Parser;
use common::archive::folder::FolderArchive;
use common::archive::{Archive, Key, PayloadKind};
use common::call::ConversationId;
use jiff::Timestamp;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::command::{Command, Task};

/// ElevenLabs deletes `conv_short` then.
const DEADLINE: i64 = 1_800_000_000;

fn before_it() -> Timestamp {
    Timestamp::from_second(DEADLINE - 1).unwrap()
}

fn after_it() -> Timestamp {
    Timestamp::from_second(DEADLINE).unwrap()
}

/// A memory store with nothing in it, which takes an import.
async fn store() -> MockServer {
    let server = MockServer::start().await;
    let export = json!({"status": "success", "format": "openmemory/1", "memories": [], "profiles": [],
        "idempotency_keys": []});
    let imported = json!({"status": "success", "memories_imported": 0, "memories_skipped": 0, "profiles_imported": 0,
        "profiles_skipped": 0});
    for (verb, at, body) in [
        ("GET", "/api/v1/export", export),
        ("POST", "/api/v1/import", imported),
    ] {
        let answer = ResponseTemplate::new(200).set_body_json(body);
        Mock::given(method(verb))
            .and(path(at))
            .respond_with(answer)
            .mount(&server)
            .await;
    }
    server
}

async fn run_at(clock: fn() -> Timestamp, store: &MockServer, words: &[&str]) -> CommandOutput {
    let variables = [
        ("OPENMEMORY_API_URL", store.uri()),
        ("OPENMEMORY_DIALECT", "v1".to_owned()),
    ];
    let variables: Vec<(&str, &str)> = variables
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let context = Context::fixed(&variables, clock);
    let words = ["elaaoms"].iter().chain(words);
    match Command::try_parse_from(words).unwrap().task {
        Task::Backup(arguments) => run(&arguments, &context).await.unwrap(),
        Task::Restore(arguments) => restore::run(&arguments, &context).await.unwrap(),
        _ => panic!("neither"),
    }
}

#[tokio::test]
async fn a_call_whose_deadline_passed_since_the_backup_is_not_restored() {
    let (store, folder) = (store().await, tempfile::tempdir().unwrap());
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (data, backup) = (at("data"), at("backup"));
    let archive = FolderArchive::open(folder.path().join("data"), None).unwrap();
    let [short, long] = ["conv_short", "conv_long"].map(|id| ConversationId::parse(id).unwrap());
    for call in [&short, &long] {
        archive
            .put(
                &Key::payload(call, &PayloadKind::Transcription),
                "{}".into(),
            )
            .await
            .unwrap();
        archive
            .put(&Key::extraction(call), "{}".into())
            .await
            .unwrap();
        archive.put(&Key::done(call), "".into()).await.unwrap();
    }
    let deadline = format!(r#"{{"call":{DEADLINE}}}"#);
    archive
        .put(&Key::deadline(&short), deadline.into())
        .await
        .unwrap();
    run_at(before_it, &store, &["backup", &backup, "--data-dir", &data]).await;
    let restored = async |clock, into: &str| {
        let target = at(into);
        std::fs::create_dir(&target).unwrap();
        let answer = run_at(
            clock,
            &store,
            &["restore", &backup, "--data-dir", &target, "--yes"],
        )
        .await;
        let archive = FolderArchive::open(folder.path().join(into), None).unwrap();
        let has = async |key: Key| archive.contains(&key).await.unwrap();
        let files = [
            Key::payload(&short, &PayloadKind::Transcription),
            Key::extraction(&short),
        ];
        let [payload, record] = files;
        let of_short = (
            has(payload).await,
            has(record).await,
            has(Key::done(&short)).await,
        );
        assert!(
            has(Key::payload(&long, &PayloadKind::Transcription)).await,
            "the other call is there"
        );
        (answer.data["expired"].clone(), of_short)
    };
    assert_eq!(
        restored(before_it, "in_time").await,
        (json!(0), (true, true, true))
    );
    let (expired, of_short) = restored(after_it, "too_late").await;
    assert_eq!(expired, 2, "payload and record");
    assert_eq!(
        of_short,
        (false, false, true),
        "that it is done is still known"
    );
}
