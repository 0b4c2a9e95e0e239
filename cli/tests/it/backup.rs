use std::path::Path;

use elaaoms_tests::payload::{NURSERY, TOMAS};
use elaaoms_tests::{Deployment, eventually, payload};
use serde_json::json;

use crate::harness::{elaaoms, elaaoms_with};

const FIRST: &str = "conv_5501tomas1first";

/// A deployment with memories of two callers, and a folder for its backups.
async fn scene() -> (Deployment, tempfile::TempDir) {
    let deployment = Deployment::start().await;
    deployment.remember(payload::body("first-call")).await;
    deployment.remember(payload::body("spanish")).await;
    (deployment, tempfile::tempdir().unwrap())
}

fn text(folder: &Path) -> &str {
    folder.to_str().unwrap()
}

/// Returns the number of an invented caller.
fn number(n: u32) -> String {
    format!("+12025550{}", 140 + n)
}

/// Returns the name and content of every file of an archive folder or a backup.
fn archive(root: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for folder in ["payloads", "extractions", "callers", "erased"] {
        collect(root, &root.join(folder), &mut files);
    }
    files.sort();
    files
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .map(Result::unwrap)
    {
        match entry.path().is_dir() {
            true => collect(root, &entry.path(), files),
            false => {
                let name = entry
                    .path()
                    .strip_prefix(root)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned();
                files.push((name, std::fs::read(entry.path()).unwrap()));
            }
        }
    }
}

/// A count of model requests is named after the caller's pseudonym and has no tombstone of its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_holds_no_counts_of_model_requests() {
    let (deployment, folder) = scene().await;
    let budget = format!("extractions/budget/{}", "0a".repeat(32));
    let path = deployment.data_dir().join(&budget);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, r#"{"day":"2026-11-30","requests":1}"#).unwrap();
    let backup = folder.path().join("backup");
    let ran = elaaoms(&deployment, &["backup", text(&backup)]).await;
    ran.expect_code(0);
    let names: Vec<String> = archive(&backup).into_iter().map(|(name, _)| name).collect();
    assert!(
        names.iter().any(|name| name.contains(FIRST)) && !names.contains(&budget),
        "{names:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_system_is_backed_up_and_restored_into_a_new_one() {
    let (old, folder) = scene().await;
    let backup = folder.path().join("backup");
    let ran = elaaoms(&old, &["backup", text(&backup), "--output", "json"]).await;
    ran.expect_code(0);
    let counts = &ran.json()["counts"];
    assert!(
        counts["payloads"] == 2 && counts["index"] == 2 && counts["records"] == 4,
        "{counts}"
    );
    assert!(
        counts["memories"].as_u64().unwrap() > 0 && counts["cards"].as_u64().unwrap() >= 2,
        "{counts}"
    );
    let memories = old.contents(NURSERY, TOMAS).await;
    let files = archive(&old.data_dir());
    let greeting = old
        .elevenlabs
        .ring(NURSERY, TOMAS)
        .await
        .variable("greeting")
        .to_owned();
    drop(old.stop().await);

    let new = Deployment::start().await;
    assert_eq!(
        new.elevenlabs
            .ring(NURSERY, TOMAS)
            .await
            .variable("caller_known"),
        "false"
    );
    let ran = elaaoms(
        &new,
        &["restore", text(&backup), "--yes", "--output", "json"],
    )
    .await;
    ran.expect_code(0);
    assert_eq!(ran.json()["files"], 8, "{}", ran.out);
    let ring = new.elevenlabs.ring(NURSERY, TOMAS).await;
    assert_eq!(
        (ring.variable("caller_known"), ring.variable("greeting")),
        ("true", greeting.as_str())
    );
    assert_eq!(new.contents(NURSERY, TOMAS).await, memories);
    assert_eq!(archive(&new.data_dir()), files, "byte for byte");
    let again = new.elevenlabs.post_call(payload::body("first-call")).await;
    assert_eq!(
        again.body["data"]["memory_extraction_queued"], false,
        "the call is already extracted"
    );
    let trail = String::from_utf8(new.kept("audit.log").unwrap().to_vec()).unwrap();
    assert!(
        trail.contains("\"action\":\"restore\"") && !trail.contains(&TOMAS[1..]),
        "{trail}"
    );

    let ran = elaaoms(
        &new,
        &["restore", text(&backup), "--yes", "--output", "json"],
    )
    .await;
    let counts = ran.json();
    assert!(
        counts["files"] == 0 && counts["there"] == 8 && counts["memories"] == 0,
        "a second restore changes nothing: {counts}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_extracted_during_a_backup_is_backed_up_completely_or_extracted_again() {
    let (old, folder) = scene().await;
    let template = String::from_utf8(payload::body("first-call").to_vec()).unwrap();
    let call = |n: u32| {
        template
            .replace(FIRST, &format!("conv_meanwhile{n}"))
            .replace(TOMAS, &number(n))
    };
    let backup = folder.path().join("backup");
    let words = ["backup", text(&backup)];
    let calls = async {
        for n in 0..40 {
            assert_eq!(old.elevenlabs.post_call(call(n)).await.status, 200);
        }
    };
    let (ran, ()) = tokio::join!(elaaoms(&old, &words), calls);
    ran.expect_code(0);
    let new = Deployment::start().await;
    assert_eq!(
        elaaoms(&new, &["restore", text(&backup), "--yes"])
            .await
            .code,
        0
    );
    let extracted: Vec<u32> = (0..40)
        .filter(|n| new.is_done(&format!("conv_meanwhile{n}")))
        .collect();
    for n in extracted {
        let memories = new.contents(NURSERY, &number(n)).await;
        assert!(
            !memories.is_empty(),
            "call {n} is marked as extracted but has no memories"
        );
    }
    assert_eq!(elaaoms(&new, &["replay", "--missing"]).await.code, 0);
    for n in 0..40 {
        let conversation = format!("conv_meanwhile{n}");
        if new
            .kept(&format!(
                "payloads/{conversation}/{conversation}_transcription.json"
            ))
            .is_some()
        {
            new.done(&conversation).await;
            assert!(!new.contents(NURSERY, &number(n)).await.is_empty());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_backup_copies_only_new_files_and_an_interrupted_one_is_resumed() {
    let (deployment, folder) = scene().await;
    let backup = folder.path().join("backup");
    assert_eq!(
        elaaoms(&deployment, &["backup", text(&backup)]).await.code,
        0
    );
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&backup).unwrap().permissions());
    assert_eq!(mode & 0o077, 0, "only the owner has access");
    deployment.remember(payload::body("second-call")).await;
    let ran = elaaoms(&deployment, &["backup", text(&backup), "--output", "json"]).await;
    assert_eq!(
        ran.json()["copied"],
        4,
        "payload, record, done and index: {}",
        ran.out
    );
    let trail = String::from_utf8(deployment.kept("audit.log").unwrap().to_vec()).unwrap();
    assert_eq!(trail.matches("\"action\":\"backup\"").count(), 2);

    // The state that a killed run leaves: a journal with a truncated last line, and no manifest.
    let files = std::fs::read_to_string(backup.join("files.jsonl")).unwrap();
    let journal: Vec<&str> = files.lines().take(9).collect();
    std::fs::write(
        backup.join("unfinished.jsonl"),
        format!("{}\n{{\"key\":\"pay", journal.join("\n")),
    )
    .unwrap();
    for name in ["manifest.json", "files.jsonl", "memories.json"] {
        std::fs::remove_file(backup.join(name)).unwrap();
    }
    let refused = elaaoms(&deployment, &["restore", text(&backup), "--yes"]).await;
    assert!(
        refused.code == 1 && refused.err.contains("never finished"),
        "{}",
        refused.err
    );
    let ran = elaaoms(&deployment, &["backup", text(&backup), "--output", "json"]).await;
    assert_eq!(ran.json()["copied"], 3, "{} {}", ran.out, ran.err);
    assert_eq!(
        std::fs::read_to_string(backup.join("files.jsonl")).unwrap(),
        files
    );
    assert_eq!(
        elaaoms(&deployment, &["restore", text(&backup), "--check"])
            .await
            .code,
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_past_its_deadline_is_not_backed_up() {
    let (deployment, folder) = scene().await;
    let start = payload::json("first-call")["data"]["metadata"]["start_time_unix_secs"]
        .as_i64()
        .unwrap();
    let settings = [
        ("/data/conversation_id", json!("conv_short1")),
        (
            "/data/metadata/deletion_settings/deletion_time_unix_secs",
            json!(start + 24 * 60 * 60),
        ),
    ];
    deployment
        .remember(payload::edited("first-call", &settings))
        .await;
    let backup = folder.path().join("backup");
    assert_eq!(
        elaaoms(&deployment, &["backup", text(&backup)]).await.code,
        0
    );
    let mut names: Vec<String> = archive(&backup).into_iter().map(|(name, _)| name).collect();
    names.retain(|name| name.contains("conv_short1") && !name.starts_with("callers/"));
    names.sort();
    assert_eq!(
        names,
        [
            "extractions/conv_short1.deadline",
            "extractions/conv_short1.done"
        ]
    );
    assert!(
        archive(&backup)
            .iter()
            .any(|(name, _)| name.contains(FIRST)),
        "the other call is backed up"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_call_stays_erased_after_restoring_a_backup_that_contains_it() {
    let (deployment, folder) = scene().await;
    let before = folder.path().join("before");
    let after = folder.path().join("after");
    assert_eq!(
        elaaoms(&deployment, &["backup", text(&before)]).await.code,
        0
    );
    assert_eq!(
        elaaoms(&deployment, &["backup", text(&after)]).await.code,
        0
    );
    assert_eq!(
        elaaoms(&deployment, &["memories", "forget", TOMAS, "--yes"])
            .await
            .code,
        0
    );

    let ran = elaaoms(
        &deployment,
        &[
            "restore",
            text(&before),
            "--overwrite",
            "--yes",
            "--output",
            "json",
        ],
    )
    .await;
    ran.expect_code(0);
    assert!(ran.json()["erased"].as_u64().unwrap() >= 6, "{}", ran.out);
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

    // The next backup into the same folder drops the call and carries its tombstone to another
    // system.
    assert_eq!(
        elaaoms(&deployment, &["backup", text(&after)]).await.code,
        0
    );
    let names: Vec<String> = archive(&after)
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| name.contains(FIRST))
        .collect();
    assert_eq!(names, [format!("erased/{FIRST}")]);
    assert!(
        !std::fs::read_to_string(after.join("memories.json"))
            .unwrap()
            .contains(&TOMAS[1..])
    );
    let other = Deployment::start().await;
    other.remember(payload::body("first-call")).await;
    let ran = elaaoms(
        &other,
        &["restore", text(&after), "--yes", "--output", "json"],
    )
    .await;
    ran.expect_code(0);
    assert!(
        ran.json()["deleted"].as_u64().unwrap() > 4,
        "files and memories: {}",
        ran.out
    );
    assert_eq!(other.contents(NURSERY, TOMAS).await, Vec::<String>::new());
    assert_eq!(
        other
            .elevenlabs
            .ring(NURSERY, TOMAS)
            .await
            .variable("caller_known"),
        "false"
    );
    let trail = String::from_utf8(other.kept("audit.log").unwrap().to_vec()).unwrap();
    assert!(trail.contains("\"deleted\":"), "{trail}");
    let again = other
        .elevenlabs
        .post_call(payload::body("first-call"))
        .await;
    assert_eq!(
        again.body["data"]["memory_extraction_queued"], false,
        "{}",
        again.text
    );
    let payload = format!("payloads/{FIRST}/{FIRST}_transcription.json");
    eventually("the call is erased again", async || {
        other.kept(&payload).is_none().then_some(())
    })
    .await;
    let stopped = deployment.stop().await;
    assert!(
        !stopped.holds(&TOMAS[1..]),
        "no file contains the number, including the databases"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_newer_than_the_backup_is_replaced_only_with_overwrite() {
    let (deployment, folder) = scene().await;
    let backup = folder.path().join("backup");
    assert_eq!(
        elaaoms(&deployment, &["backup", text(&backup)]).await.code,
        0
    );
    let record = deployment
        .data_dir()
        .join(format!("extractions/{FIRST}.json"));
    let backed_up = std::fs::read(&record).unwrap();
    std::fs::write(&record, b"{\"written\":\"later\"}").unwrap();
    let ran = elaaoms(
        &deployment,
        &["restore", text(&backup), "--yes", "--output", "json"],
    )
    .await;
    assert_eq!(ran.json()["newer"], 1, "{}", ran.out);
    assert_eq!(std::fs::read(&record).unwrap(), b"{\"written\":\"later\"}");
    let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    std::fs::File::options()
        .write(true)
        .open(&record)
        .unwrap()
        .set_modified(long_ago)
        .unwrap();
    assert_eq!(
        elaaoms(&deployment, &["restore", text(&backup), "--yes"])
            .await
            .code,
        0
    );
    assert_eq!(
        std::fs::read(&record).unwrap(),
        backed_up,
        "an older file is replaced"
    );
    std::fs::write(&record, b"{}").unwrap();
    assert_eq!(
        elaaoms(
            &deployment,
            &["restore", text(&backup), "--yes", "--overwrite"]
        )
        .await
        .code,
        0
    );
    assert_eq!(std::fs::read(&record).unwrap(), backed_up);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_backup_is_rejected_before_anything_is_restored() {
    let (deployment, folder) = scene().await;
    let backup = folder.path().join("backup");
    assert_eq!(
        elaaoms(&deployment, &["backup", text(&backup)]).await.code,
        0
    );
    let new = Deployment::start().await;
    let empty = archive(&new.data_dir());
    for name in [
        &*format!("extractions/{FIRST}.json"),
        "files.jsonl",
        "memories.json",
    ] {
        let whole = std::fs::read(backup.join(name)).unwrap();
        std::fs::write(backup.join(name), [&whole[..], b" "].concat()).unwrap();
        let ran = elaaoms(&new, &["restore", text(&backup), "--yes"]).await;
        assert!(
            ran.code == 1 && ran.err.contains("damaged"),
            "{name}: {} {}",
            ran.out,
            ran.err
        );
        std::fs::write(backup.join(name), whole).unwrap();
    }
    assert_eq!(archive(&new.data_dir()), empty);
    assert!(new.contents(NURSERY, TOMAS).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_folder_another_pepper_and_a_restore_without_confirmation_are_refused() {
    let (deployment, folder) = scene().await;
    let backup = folder.path().join("backup");
    let data = deployment.data_dir();
    let ran = elaaoms(&deployment, &["backup", text(&data)]).await;
    assert!(
        ran.code == 1 && ran.err.contains("something else"),
        "{}",
        ran.err
    );
    let ran = elaaoms(&deployment, &["restore", text(folder.path()), "--yes"]).await;
    assert!(
        ran.code == 1 && ran.err.contains("no backup"),
        "{}",
        ran.err
    );
    assert_eq!(
        elaaoms(&deployment, &["backup", text(&backup)]).await.code,
        0
    );
    assert_eq!(
        elaaoms(&deployment, &["restore", text(&backup)]).await.code,
        3
    );
    let manifest = std::fs::read_to_string(backup.join("manifest.json")).unwrap();
    let pepper = manifest
        .lines()
        .find(|line| line.contains("\"pepper\""))
        .unwrap()
        .to_owned();
    std::fs::write(
        backup.join("manifest.json"),
        manifest.replace(&pepper, "  \"pepper\": \"0123456789abcdef\","),
    )
    .unwrap();
    for command in ["backup", "restore"] {
        let yes: &[&str] = if command == "restore" {
            &["--yes"]
        } else {
            &[]
        };
        let ran = elaaoms(&deployment, &[&[command, text(&backup)], yes].concat()).await;
        assert!(
            ran.code == 1 && ran.err.contains("CALLER_ID_PEPPER"),
            "{command}: {}",
            ran.err
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_prune_removes_expired_files_from_a_backup() {
    let (deployment, folder) = scene().await;
    let backup = folder.path().join("backup");
    assert_eq!(
        elaaoms(&deployment, &["backup", text(&backup)]).await.code,
        0
    );
    let payload = format!("payloads/{FIRST}/{FIRST}_transcription.json");
    std::fs::remove_file(deployment.data_dir().join(&payload)).unwrap();
    assert_eq!(
        elaaoms(&deployment, &["backup", text(&backup)]).await.code,
        0
    );
    assert!(backup.join(&payload).is_file());
    let ran = elaaoms(
        &deployment,
        &["backup", text(&backup), "--prune", "--output", "json"],
    )
    .await;
    assert_eq!(ran.json()["counts"]["payloads"], 1);
    assert!(!backup.join(&payload).exists());
}

/// Deletes the files of a call but not its memories, like an expired retention period.
fn expire(deployment: &Deployment, conversation: &str) {
    for (name, _) in archive(&deployment.data_dir()) {
        if name.contains(conversation) {
            std::fs::remove_file(deployment.data_dir().join(name)).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_forgotten_after_their_calls_expired_is_not_restored_from_an_earlier_backup() {
    let (deployment, folder) = scene().await;
    let backup = folder.path().join("backup");
    assert_eq!(
        elaaoms(&deployment, &["backup", text(&backup)]).await.code,
        0
    );
    expire(&deployment, FIRST);
    assert!(!deployment.contents(NURSERY, TOMAS).await.is_empty());
    assert_eq!(
        elaaoms(&deployment, &["memories", "forget", TOMAS, "--yes"])
            .await
            .code,
        0
    );
    assert!(deployment.is_erased(FIRST));
    assert_eq!(
        elaaoms(&deployment, &["restore", text(&backup), "--yes"])
            .await
            .code,
        0
    );
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
    assert!(
        !archive(&deployment.data_dir())
            .iter()
            .any(|(_, body)| body.windows(11).any(|at| at == &TOMAS.as_bytes()[1..]))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_keeps_the_files_of_a_call_whose_erasure_is_pending() {
    let (deployment, folder) = scene().await;
    let backup = folder.path().join("backup");
    assert_eq!(
        elaaoms(&deployment, &["backup", text(&backup)]).await.code,
        0
    );
    let transcription = format!("payloads/{FIRST}/{FIRST}_transcription.json");
    std::fs::write(
        deployment
            .data_dir()
            .join(format!("extractions/{FIRST}.erased")),
        b"",
    )
    .unwrap();
    let ran = elaaoms(
        &deployment,
        &["restore", text(&backup), "--yes", "--output", "json"],
    )
    .await;
    assert!(
        ran.code == 0 && ran.json()["deleted"] == 0,
        "{} {}",
        ran.out,
        ran.err
    );
    assert!(deployment.kept(&transcription).is_some());

    // The call's memories are still in the store, but no backup contains them.
    assert_eq!(
        elaaoms(&deployment, &["backup", text(&backup)]).await.code,
        0
    );
    let memories = std::fs::read_to_string(backup.join("memories.json")).unwrap();
    assert!(
        !memories.contains(&TOMAS[1..]) && memories.contains("memory_id"),
        "{memories}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_removes_an_erased_call_from_the_memories_and_the_card_of_its_caller() {
    let (deployment, folder) = scene().await;
    let backup = folder.path().join("backup");
    let other = Deployment::start().await;
    other.remember(payload::body("first-call")).await;
    let first = other.contents(NURSERY, TOMAS).await;
    other.remember(payload::body("second-call")).await;
    std::fs::write(
        deployment
            .data_dir()
            .join(format!("extractions/{FIRST}.erased")),
        b"",
    )
    .unwrap();
    assert_eq!(
        elaaoms(&deployment, &["backup", text(&backup)]).await.code,
        0
    );
    let ran = elaaoms(&other, &["restore", text(&backup), "--yes"]).await;
    assert!(
        ran.code == 0 && ran.out.contains("are deleted"),
        "{} {}",
        ran.out,
        ran.err
    );
    let left = other.memories(NURSERY, TOMAS).await;
    assert!(
        !left.is_empty()
            && left
                .iter()
                .all(|memory| memory["metadata"]["conversation_id"] != FIRST),
        "{left:?}"
    );
    let ring = other.elevenlabs.ring(NURSERY, TOMAS).await;
    assert_eq!(ring.variable("caller_known"), "true");
    let left = other.contents(NURSERY, TOMAS).await;
    for erased in first.iter().filter(|memory| !left.contains(memory)) {
        assert!(
            !ring.variable("memory_context").contains(erased),
            "{}",
            ring.variable("memory_context")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_drops_a_name_that_only_the_erased_call_gave_from_the_card_of_a_later_call() {
    let (deployment, folder) = scene().await;
    let backup = folder.path().join("backup");
    std::fs::write(
        deployment
            .data_dir()
            .join(format!("extractions/{FIRST}.erased")),
        b"",
    )
    .unwrap();
    assert_eq!(
        elaaoms(&deployment, &["backup", text(&backup)]).await.code,
        0
    );
    let other = Deployment::start().await;
    let nameless_summary = [(
        "/data/analysis/transcript_summary",
        json!("Two quince trees are to be delivered to Hazel Court."),
    )];
    other
        .remember(payload::edited("first-call", &nameless_summary))
        .await;
    let without_name = [
        (
            "/data/analysis/data_collection_results/first_name/value",
            json!(null),
        ),
        (
            "/data/analysis/transcript_summary",
            json!("A new tree goes to the new address, Orchard Row."),
        ),
    ];
    other
        .remember(payload::edited("second-call", &without_name))
        .await;
    let ring = other.elevenlabs.ring(NURSERY, TOMAS).await;
    assert_eq!(
        ring.variable("caller_name"),
        "Tomas",
        "the name is on the later call's card"
    );
    let ran = elaaoms(&other, &["restore", text(&backup), "--yes"]).await;
    ran.expect_code(0);
    let left = other.contents(NURSERY, TOMAS).await;
    assert!(
        !left.is_empty() && !left.iter().any(|memory| memory.contains("Tomas")),
        "{left:?}"
    );
    let ring = other.elevenlabs.ring(NURSERY, TOMAS).await;
    assert_eq!(ring.variable("caller_known"), "true");
    assert!(!ring.text.contains("Tomas"), "{}", ring.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_second_backup_leaves_the_first_one_restorable() {
    let (deployment, folder) = scene().await;
    let backup = folder.path().join("backup");
    assert_eq!(
        elaaoms(&deployment, &["backup", text(&backup)]).await.code,
        0
    );
    let record = deployment
        .data_dir()
        .join(format!("extractions/{FIRST}.json"));
    let rewritten = [std::fs::read(&record).unwrap(), b" ".to_vec()].concat();
    std::fs::write(&record, rewritten).unwrap();
    deployment.remember(payload::body("second-call")).await;
    assert_eq!(
        elaaoms(&deployment, &["memories", "forget", payload::INES, "--yes"])
            .await
            .code,
        0
    );
    let unreachable = [("OPENMEMORY_API_URL", "http://127.0.0.1:9")];
    let ran = elaaoms_with(&deployment, &["backup", text(&backup)], &unreachable).await;
    ran.expect_code(1);
    assert!(
        !backup.join("memories.json.new.part").exists(),
        "a partial export is deleted"
    );

    let ran = elaaoms(&deployment, &["restore", text(&backup), "--check"]).await;
    ran.expect_code(0);
    let new = Deployment::start().await;
    assert_eq!(
        elaaoms(&new, &["restore", text(&backup), "--yes"])
            .await
            .code,
        0
    );
    assert!(!new.contents(NURSERY, TOMAS).await.is_empty());
    assert_eq!(
        elaaoms(&deployment, &["backup", text(&backup)]).await.code,
        0
    );
    assert!(!backup.join("unfinished.jsonl").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_without_access_to_the_pepper_keeps_the_earlier_fingerprint() {
    let (deployment, folder) = scene().await;
    let backup = folder.path().join("backup");
    assert_eq!(
        elaaoms(&deployment, &["backup", text(&backup)]).await.code,
        0
    );
    let pepper = |backup: &Path| -> serde_json::Value {
        let manifest: serde_json::Value =
            serde_json::from_slice(&std::fs::read(backup.join("manifest.json")).unwrap()).unwrap();
        manifest["pepper"].clone()
    };
    let before = pepper(&backup);
    let ran = elaaoms_with(
        &deployment,
        &["backup", text(&backup)],
        &[("CALLER_ID_PEPPER", "")],
    )
    .await;
    assert!(
        ran.code == 0 && before.is_string() && pepper(&backup) == before,
        "{}",
        ran.err
    );
}
