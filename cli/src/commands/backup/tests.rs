use clap::Parser;
use common::archive::folder::FolderArchive;
use common::archive::{Archive, Key, PayloadKind};
use common::call::ConversationId;
use jiff::Timestamp;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::commands::{Command, Task};

/// Deadline of `conv_short`, at which ElevenLabs deletes the call.
const DEADLINE: i64 = 1_800_000_000;

fn before_deadline() -> Timestamp {
    Timestamp::from_second(DEADLINE - 1).unwrap()
}

fn at_deadline() -> Timestamp {
    Timestamp::from_second(DEADLINE).unwrap()
}

/// An empty memory store that accepts an import.
async fn empty_store() -> MockServer {
    let server = MockServer::start().await;
    let export = json!({"status": "success", "format": "openmemory/1", "memories": [], "profiles": [],
        "idempotency_keys": []});
    let imported = json!({"status": "success", "memories_imported": 0, "memories_skipped": 0, "profiles_imported": 0,
        "profiles_skipped": 0});
    for (verb, endpoint, body) in [
        ("GET", "/api/v1/export", export),
        ("POST", "/api/v1/import", imported),
    ] {
        let answer = ResponseTemplate::new(200).set_body_json(body);
        Mock::given(method(verb))
            .and(path(endpoint))
            .respond_with(answer)
            .mount(&server)
            .await;
    }
    server
}

async fn run_at(clock: fn() -> Timestamp, store: &MockServer, arguments: &[&str]) -> CommandOutput {
    let variables = [
        ("OPENMEMORY_API_URL", store.uri()),
        ("OPENMEMORY_DIALECT", "v1".to_owned()),
    ];
    let variables: Vec<(&str, &str)> = variables
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let context = Context::fixed(&variables, clock);
    match Command::try_parse_from(["elaaoms"].iter().chain(arguments))
        .unwrap()
        .task
    {
        Task::Backup(arguments) => run(&arguments, &context).await.unwrap(),
        Task::Restore(arguments) => restore::run(&arguments, &context).await.unwrap(),
        _ => panic!("neither a backup nor a restore"),
    }
}

async fn has(archive: &FolderArchive, key: Key) -> bool {
    archive.contains(&key).await.unwrap()
}

fn path_in(folder: &tempfile::TempDir, name: &str) -> String {
    folder.path().join(name).to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_call_whose_deadline_passed_since_the_backup_is_not_restored() {
    let store = empty_store().await;
    let folder = tempfile::tempdir().unwrap();
    let data = path_in(&folder, "data");
    let backup = path_in(&folder, "backup");
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
    run_at(
        before_deadline,
        &store,
        &["backup", &backup, "--data-dir", &data],
    )
    .await;
    let restored = async |clock, into: &str| {
        let target = path_in(&folder, into);
        std::fs::create_dir(&target).unwrap();
        let output = run_at(
            clock,
            &store,
            &["restore", &backup, "--data-dir", &target, "--yes"],
        )
        .await;
        let archive = FolderArchive::open(folder.path().join(into), None).unwrap();
        let of_short = (
            has(&archive, Key::payload(&short, &PayloadKind::Transcription)).await,
            has(&archive, Key::extraction(&short)).await,
            has(&archive, Key::done(&short)).await,
        );
        assert!(
            has(&archive, Key::payload(&long, &PayloadKind::Transcription)).await,
            "the other call is restored"
        );
        (output.data["expired"].clone(), of_short)
    };
    assert_eq!(
        restored(before_deadline, "in_time").await,
        (json!(0), (true, true, true))
    );
    let (expired, of_short) = restored(at_deadline, "too_late").await;
    assert_eq!(expired, 2, "payload and record");
    assert_eq!(
        of_short,
        (false, false, true),
        "the call is still marked as done"
    );
}
