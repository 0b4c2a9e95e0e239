use common::archive::Key;
use common::call::CallerId;
use elaaoms_tests::cavira::{Build, Cavira};
use elaaoms_tests::payload::{NURSERY, TOMAS};
use elaaoms_tests::{Deployment, PEPPER, eventually, now, payload};
use serde_json::json;

use crate::harness::{elaaoms, elaaoms_reading, elaaoms_with};

async fn with_two_callers() -> Deployment {
    let deployment = Deployment::start().await;
    deployment.remember(payload::body("first-call")).await;
    deployment.remember(payload::body("spanish")).await;
    deployment
}

#[tokio::test(flavor = "multi_thread")]
async fn forgetting_a_caller_deletes_the_count_of_model_requests() {
    let deployment = with_two_callers().await;
    let caller = CallerId::from_phone(TOMAS)
        .unwrap()
        .hash(&PEPPER.to_owned().into());
    let budget = deployment
        .data_dir()
        .join(Key::model_budget(&caller).as_str());
    std::fs::create_dir_all(budget.parent().unwrap()).unwrap();
    std::fs::write(&budget, "{}").unwrap();
    assert_eq!(
        elaaoms(&deployment, &["memories", "forget", TOMAS, "--yes"])
            .await
            .code,
        0
    );
    assert!(!budget.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_file_and_no_database_contains_the_number_of_a_forgotten_caller() {
    let deployment = with_two_callers().await;
    assert!(deployment.holds(TOMAS) || deployment.holds(&TOMAS[1..]));
    let ran = elaaoms(
        &deployment,
        &["memories", "forget", TOMAS, "--yes", "--output", "json"],
    )
    .await;
    ran.expect_code(0);
    let removed = &ran.json()["removed"];
    assert!(
        removed["memories"].as_u64().unwrap() > 0 && removed["cards"] == 1,
        "{removed}"
    );
    assert!(
        removed["payloads"] == 1 && removed["calls"] == 1 && removed["records"] == 2,
        "{removed}"
    );
    assert!(!ran.out.contains(TOMAS), "numbers are masked");
    let trail = String::from_utf8(deployment.kept("audit.log").unwrap().to_vec()).unwrap();
    assert!(
        trail.contains("\"action\":\"forget\"") && !trail.contains(&TOMAS[1..]),
        "{trail}"
    );
    let left: Vec<String> = deployment
        .files()
        .into_iter()
        .filter(|file| file.contains("conv_5501tomas1first"))
        .collect();
    assert_eq!(
        left,
        ["data/erased/conv_5501tomas1first"],
        "only a tombstone, which prevents the call from coming back"
    );
    assert_eq!(deployment.kept("erased/conv_5501tomas1first").unwrap(), "");
    assert_eq!(
        deployment.contents(NURSERY, TOMAS).await,
        Vec::<String>::new()
    );
    let ring = deployment.elevenlabs.ring(NURSERY, TOMAS).await;
    assert_eq!(ring.variable("caller_known"), "false");
    // The databases may reuse freed pages later, so their files are searched after they are closed.
    let stopped = deployment.stop().await;
    assert!(
        !stopped.holds(&TOMAS[1..]),
        "no file contains the number, including the databases"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn forgetting_a_caller_erases_other_events_that_name_the_caller() {
    let deployment = with_two_callers().await;
    let failure = String::from_utf8(payload::body("failure-twilio").to_vec()).unwrap();
    let theirs = failure
        .replace("+12025550156", TOMAS)
        .replace("conv_5509failed1twilio", "conv_5509failed9tomas");
    let unreadable = format!(r#"{{"type":"post_call_transcription","data":{{"whom":"{TOMAS}"}}}}"#);
    for body in [failure, theirs, unreadable] {
        assert_eq!(deployment.elevenlabs.post_call(body).await.status, 200);
    }
    assert!(
        deployment
            .files()
            .iter()
            .any(|file| file.contains("unrecognised"))
    );
    let ran = elaaoms(
        &deployment,
        &["memories", "forget", TOMAS, "--yes", "--output", "json"],
    )
    .await;
    let removed = &ran.json()["removed"];
    assert!(
        removed["payloads"] == 3 && removed["calls"] == 2,
        "{removed}"
    );
    let left = |name: &str| {
        deployment
            .files()
            .iter()
            .filter(|file| file.contains(name))
            .count()
    };
    assert_eq!(
        (
            left("payloads/unrecognised"),
            left("conv_5509failed1twilio")
        ),
        (0, 1)
    );
    let stopped = deployment.stop().await;
    assert!(!stopped.holds(&TOMAS[1..]));
}

#[tokio::test(flavor = "multi_thread")]
async fn forgetting_a_caller_erases_a_call_with_an_unreadable_body_and_its_recording() {
    let deployment = with_two_callers().await;
    let broken = String::from_utf8(payload::body("second-call").to_vec()).unwrap();
    let broken = broken
        .trim_end()
        .trim_end_matches('}')
        .replace(TOMAS, &TOMAS.replace('+', "\\u002b"));
    let audio = payload::edited(
        "audio",
        &[("/data/conversation_id", json!("conv_5501tomas2second"))],
    );
    // Another caller's event, about a transfer to this caller's number.
    let transfer =
        r#"{"type": "transfer_report", "data": {"conversation_id": "CALL", "to": "NUMBER"}}"#;
    let transfer = transfer
        .replace("CALL", "conv_5502ines1taller")
        .replace("NUMBER", TOMAS);
    for body in [broken.into(), audio, transfer.into()] {
        assert_eq!(deployment.elevenlabs.post_call(body).await.status, 200);
    }
    let spanish = payload::conversation(&payload::body("spanish"));
    let files_of = |call: &str| {
        deployment
            .files()
            .iter()
            .filter(|file| file.contains(call))
            .count()
    };
    let before = files_of(&spanish);
    assert_eq!(files_of("payloads/unrecognised"), 1);
    assert_eq!(files_of("conv_5501tomas2second_audio"), 1);
    let ran = elaaoms(
        &deployment,
        &["memories", "forget", TOMAS, "--yes", "--output", "json"],
    )
    .await;
    assert_eq!(ran.json()["removed"]["calls"], 2, "{} {}", ran.out, ran.err);
    assert_eq!(files_of("payloads/unrecognised"), 0);
    assert_eq!(files_of("conv_5501tomas2second_audio"), 0);
    assert!(
        deployment.is_erased("conv_5501tomas2second"),
        "the call named in the unreadable body has a tombstone"
    );
    assert_eq!(files_of(&spanish), before, "another caller's call stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_call_does_not_come_back_and_the_callers_next_call_is_stored() {
    let deployment = with_two_callers().await;
    assert_eq!(
        elaaoms(&deployment, &["memories", "forget", TOMAS, "--yes"])
            .await
            .code,
        0
    );
    let again = deployment
        .elevenlabs
        .post_call(payload::body("first-call"))
        .await;
    assert_eq!(
        again.body["data"]["memory_extraction_queued"], false,
        "{}",
        again.text
    );
    let payload = "payloads/conv_5501tomas1first/conv_5501tomas1first_transcription.json";
    eventually("the call is erased again", async || {
        deployment.kept(payload).is_none().then_some(())
    })
    .await;
    assert!(
        !deployment
            .files()
            .iter()
            .any(|file| file.starts_with("data/callers/") && file.contains("5501tomas1"))
    );
    let ran = elaaoms(
        &deployment,
        &["memories", "forget", TOMAS, "--yes", "--output", "json"],
    )
    .await;
    assert_eq!(
        ran.json()["removed"]["calls"],
        0,
        "a second run finds nothing: {}",
        ran.err
    );
    assert!(deployment.is_erased("conv_5501tomas1first"));
    deployment.remember(after_now("second-call")).await;
    assert_eq!(
        deployment
            .elevenlabs
            .ring(NURSERY, TOMAS)
            .await
            .variable("caller_known"),
        "true"
    );
}

/// Returns a call that begins a moment from now, and so after every erasure up to now.
fn after_now(name: &str) -> bytes::Bytes {
    let began = json!(now() + 2);
    payload::edited(
        name,
        &[
            ("/data/metadata/start_time_unix_secs", began.clone()),
            ("/event_timestamp", began),
        ],
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn forget_needs_confirmation() {
    let deployment = with_two_callers().await;
    let ran = elaaoms(&deployment, &["memories", "forget", TOMAS]).await;
    ran.expect_code(3);
    assert!(ran.err.contains("--yes"), "{}", ran.err);
    assert!(!deployment.contents(NURSERY, TOMAS).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn memories_are_listed_searched_shown_counted_and_erased_singly() {
    let deployment = with_two_callers().await;
    let listed = elaaoms(
        &deployment,
        &["memories", "list", TOMAS, "--output", "json"],
    )
    .await;
    let memories = listed.json()["memories"].as_array().unwrap().clone();
    assert!(!memories.is_empty());
    let found = elaaoms(&deployment, &["memories", "search", TOMAS, "order number"]).await;
    assert!(
        found.out.contains("GF-4410") && !found.out.contains(TOMAS),
        "{}",
        found.out
    );
    let shown = elaaoms(
        &deployment,
        &["memories", "show", TOMAS, "--agent", NURSERY, "--reveal"],
    )
    .await;
    assert!(shown.out.contains("Tomas"), "{}", shown.out);
    let trail = String::from_utf8(deployment.kept("audit.log").unwrap().to_vec()).unwrap();
    let entries: Vec<serde_json::Value> = trail
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let actions: Vec<_> = entries.iter().map(|entry| &entry["action"]).collect();
    assert_eq!(actions, ["list", "search", "show"]);
    for entry in &entries {
        assert_eq!(entry["subject"], entries[0]["subject"], "{trail}");
        assert_eq!(entry["identified_by"], "os", "{trail}");
    }
    assert_eq!(entries[0]["counts"]["memories"], memories.len(), "{trail}");
    assert_eq!(entries[2]["counts"]["cards"], 1, "{trail}");
    assert!(
        !trail.contains("order number") && !trail.contains(&TOMAS[1..]),
        "{trail}"
    );
    let stats = elaaoms(&deployment, &["memories", "stats", "--output", "json"])
        .await
        .json();
    assert!(stats["callers"] == 2 && stats["extracted"] == 2, "{stats}");
    let order = memories
        .iter()
        .find(|memory| memory["content"].as_str().unwrap().contains("GF-4410"))
        .unwrap();
    let id = order["memory_id"].as_str().unwrap();
    let deleted = elaaoms(
        &deployment,
        &["memories", "delete", TOMAS, id, "--yes", "--output", "json"],
    )
    .await;
    assert_eq!(deleted.json()["cards_rebuilt"], 1, "{}", deleted.err);
    let ring = deployment.elevenlabs.ring(NURSERY, TOMAS).await;
    assert!(
        ring.variable("caller_known") == "true"
            && !ring
                .variable("memory_context")
                .contains(order["content"].as_str().unwrap())
    );
    let unknown = elaaoms(
        &deployment,
        &[
            "memories",
            "delete",
            TOMAS,
            "mem_of_another_caller",
            "--yes",
        ],
    )
    .await;
    assert_eq!(unknown.code, 1);
}

/// An export in which the caller has 120 important memories, and after them two unimportant ones
/// with the caller's name.
fn with_many_memories(export: &[u8]) -> Vec<u8> {
    let mut export: serde_json::Value = serde_json::from_slice(export).unwrap();
    let memories = export["memories"].as_array_mut().unwrap();
    let first = memories
        .iter()
        .find(|memory| memory["caller_id"] == TOMAS)
        .unwrap()
        .clone();
    let memory = |id: String, content: String, importance: u8| {
        let mut memory = first.clone();
        memory["memory_id"] = json!(id);
        memory["content"] = json!(content);
        memory["importance"] = json!(importance);
        memory["superseded_by"] = json!(null);
        memory
    };
    *memories = (0..120)
        .map(|n| {
            memory(
                format!("mem_{n}"),
                format!("The caller owns pear tree {n}."),
                9,
            )
        })
        .chain([
            memory("mem_dog".into(), "Tomas has a dog.".into(), 2),
            memory("mem_cat".into(), "Tomas has a cat.".into(), 1),
        ])
        .collect();
    export["idempotency_keys"] = json!([]);
    export.to_string().into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_memory_beyond_the_first_hundred_is_deleted_and_the_card_is_rebuilt_from_all_others() {
    let deployment = with_two_callers().await;
    let file = deployment.data_dir().join("many.json");
    let ran = elaaoms(&deployment, &["memories", "export", "many.json"]).await;
    ran.expect_code(0);
    let many = with_many_memories(&std::fs::read(&file).unwrap());
    let other = Deployment::start().await;
    std::fs::write(other.data_dir().join("many.json"), many).unwrap();
    let ran = elaaoms(&other, &["memories", "import", "many.json", "--yes"]).await;
    ran.expect_code(0);
    let words = ["memories", "delete", TOMAS, "mem_cat", "--yes"];
    let ran = elaaoms(&other, &words).await;
    ran.expect_code(0);
    let ring = other.elevenlabs.ring(NURSERY, TOMAS).await;
    assert_eq!(
        ring.variable("caller_name"),
        "Tomas",
        "the memory of the dog, which is beyond the first hundred too, still mentions the name"
    );
    let words = ["memories", "delete", TOMAS, "mem_dog", "--yes"];
    let ran = elaaoms(&other, &words).await;
    ran.expect_code(0);
    let ring = other.elevenlabs.ring(NURSERY, TOMAS).await;
    assert!(!ring.text.contains("Tomas"), "{}", ring.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_actor_of_an_audit_entry_cannot_be_forged_and_nothing_is_shown_unaudited() {
    let deployment = with_two_callers().await;
    let forged = ["USER", "LOGNAME", "USERNAME", "SUDO_USER"].map(|name| (name, "mallory"));
    let list = ["memories", "list", TOMAS];
    assert_eq!(elaaoms_with(&deployment, &list, &forged).await.code, 0);
    assert_eq!(elaaoms(&deployment, &list).await.code, 0);
    let trail = String::from_utf8(deployment.kept("audit.log").unwrap().to_vec()).unwrap();
    let entries: Vec<serde_json::Value> = trail
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(entries[0]["who"], entries[1]["who"], "{trail}");
    assert_eq!(entries[0]["uid"], entries[1]["uid"], "{trail}");
    assert_eq!(entries[0]["unverified_sudo_user"], "mallory");
    assert!(entries[0]["uid"].is_u64());
    std::fs::remove_file(deployment.data_dir().join("audit.log")).unwrap();
    std::fs::create_dir(deployment.data_dir().join("audit.log")).unwrap();
    let searched = ["memories", "search", TOMAS, "order number"];
    for arguments in [
        &list[..],
        &searched,
        &["memories", "show", TOMAS, "--agent", NURSERY],
    ] {
        let ran = elaaoms(&deployment, arguments).await;
        assert!(
            ran.code == 1 && ran.out.is_empty() && ran.err.contains("audit line"),
            "{} {}",
            ran.out,
            ran.err
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_private_and_can_be_imported_elsewhere() {
    let deployment = with_two_callers().await;
    let file = deployment.data_dir().join("../memories.json");
    let file = file.to_str().unwrap();
    let ran = elaaoms(&deployment, &["memories", "export", file]).await;
    ran.expect_code(0);
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(file).unwrap().permissions());
    assert_eq!(mode & 0o077, 0);
    let before = deployment.contents(NURSERY, TOMAS).await;
    let other = Deployment::start().await;
    let ran = elaaoms(
        &other,
        &["memories", "import", file, "--yes", "--output", "json"],
    )
    .await;
    assert!(ran.json()["memories"].as_u64().unwrap() > 0, "{}", ran.err);
    assert_eq!(other.contents(NURSERY, TOMAS).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn memories_move_from_the_public_server_to_the_bundled_one() {
    let server = Cavira::start(Build::V130).await;
    let public = Deployment::with(&[
        ("OPENMEMORY_API_URL", &server.url()),
        ("OPENMEMORY_API_KEY", server.key()),
    ])
    .await;
    public.remember(payload::body("first-call")).await;
    let file = public.data_dir().join("../memories.json");
    let file = file.to_str().unwrap();
    let ran = elaaoms(&public, &["memories", "export", file]).await;
    ran.expect_code(0);

    let bundled = Deployment::start().await;
    let ran = elaaoms(&bundled, &["memories", "import", file, "--yes"]).await;
    ran.expect_code(0);
    assert!(
        bundled
            .contents(NURSERY, TOMAS)
            .await
            .iter()
            .any(|memory| memory.contains("GF-4410"))
    );
    assert_eq!(
        bundled
            .elevenlabs
            .ring(NURSERY, TOMAS)
            .await
            .variable("caller_known"),
        "true"
    );

    let ran = elaaoms(
        &public,
        &["memories", "forget", TOMAS, "--yes", "--output", "json"],
    )
    .await;
    assert!(
        ran.json()["removed"]["memories"].as_u64().unwrap() > 0,
        "{}",
        ran.err
    );
    let left = elaaoms(&public, &["memories", "list", TOMAS, "--output", "json"])
        .await
        .json();
    assert_eq!(left["memories"].as_array().map(Vec::len), Some(0), "{left}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_does_not_bring_a_forgotten_caller_back() {
    let deployment = with_two_callers().await;
    assert_eq!(
        elaaoms(&deployment, &["memories", "export", "m.json"])
            .await
            .code,
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
        &["memories", "import", "m.json", "--yes", "--output", "json"],
    )
    .await;
    ran.expect_code(0);
    assert!(
        ran.json()["erased"].as_u64().unwrap() > 1,
        "memories and a card: {}",
        ran.out
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
}

/// Removes the ids of calls from an export, as in an export from another system.
fn without_calls(export: &[u8]) -> Vec<u8> {
    let mut export: serde_json::Value = serde_json::from_slice(export).unwrap();
    for (list, place, field) in [
        ("memories", "metadata", "conversation_id"),
        ("profiles", "profile_data", "last_conversation_id"),
    ] {
        for entry in export[list].as_array_mut().unwrap() {
            entry[place].as_object_mut().unwrap().remove(field);
        }
    }
    export.to_string().into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_skips_a_forgotten_caller_even_if_the_memories_name_no_call() {
    let deployment = with_two_callers().await;
    let file = deployment.data_dir().join("m.json");
    assert_eq!(
        elaaoms(&deployment, &["memories", "export", "m.json"])
            .await
            .code,
        0
    );
    std::fs::write(&file, without_calls(&std::fs::read(&file).unwrap())).unwrap();
    assert_eq!(
        elaaoms(&deployment, &["memories", "forget", TOMAS, "--yes"])
            .await
            .code,
        0
    );
    let ran = elaaoms(
        &deployment,
        &["memories", "import", "m.json", "--yes", "--output", "json"],
    )
    .await;
    assert!(
        ran.json()["erased"].as_u64().unwrap() > 1,
        "memories and a card: {} {}",
        ran.out,
        ran.err
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
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outbound_call_gets_the_same_data_as_client_data_returns() {
    let deployment = with_two_callers().await;
    let ring = deployment.elevenlabs.ring(NURSERY, TOMAS).await;
    let ran = elaaoms(&deployment, &["outbound", "--agent", NURSERY, TOMAS]).await;
    ran.expect_code(0);
    let variables = &ran.json()["dynamic_variables"];
    for name in [
        "greeting",
        "caller_known",
        "caller_name",
        "memory_context",
        "last_call_summary",
    ] {
        assert_eq!(variables[name], ring.variable(name), "{name}");
    }
    let ran = elaaoms(
        &deployment,
        &["outbound", "--agent", NURSERY, TOMAS, "anonymous"],
    )
    .await;
    let lines: Vec<serde_json::Value> = ran
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let known = |at: usize| {
        &lines[at]["conversation_initiation_client_data"]["dynamic_variables"]["caller_known"]
    };
    assert_eq!(
        (known(0), known(1), &lines[1]["phone_number"]),
        (&"true".into(), &"false".into(), &"anonymous".into())
    );
    std::fs::write(
        deployment.data_dir().join("list.csv"),
        format!("\u{feff}phone_number;x\r\n{TOMAS};1\r\n"),
    )
    .unwrap();
    let ran = elaaoms(
        &deployment,
        &["outbound", "--agent", NURSERY, "--csv", "list.csv"],
    )
    .await;
    let header = ran.out.lines().next().unwrap();
    assert!(
        header.starts_with("phone_number;x;") && header.contains(";greeting"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains(&format!("{TOMAS};1;")), "{}", ran.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn send_and_outbound_read_from_standard_input() {
    let deployment = Deployment::start().await;
    let url = deployment.url();
    let sent = ["send", "-", "--url", &url];
    let ran = elaaoms_reading(&deployment, &sent, &payload::body("first-call")).await;
    ran.expect_code(0);
    deployment.done("conv_5501tomas1first").await;
    let list = format!("phone_number\n{TOMAS}\n");
    let ran = elaaoms_reading(
        &deployment,
        &["outbound", "--agent", NURSERY, "--csv", "-"],
        list.as_bytes(),
    )
    .await;
    assert!(
        ran.code == 0 && ran.out.contains(&format!("{TOMAS},")) && ran.out.contains(",true,"),
        "{}",
        ran.out
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn outbound_recognises_a_web_sessions_user_by_id() {
    const USER: &str = "user:member-8812";
    let deployment = Deployment::with(&[("TRUST_USER_ID", "true")]).await;
    deployment.remember(payload::body("web-user-id")).await;
    let trusting = [("TRUST_USER_ID", "true")];
    let ran = elaaoms_with(
        &deployment,
        &["outbound", "--agent", NURSERY, USER],
        &trusting,
    )
    .await;
    let data = ran.json();
    assert_eq!(
        data["dynamic_variables"]["caller_known"], "true",
        "{}",
        ran.err
    );
    assert_eq!(
        data["dynamic_variables"]["user_id"], "member-8812",
        "the search tool uses it"
    );
    assert_eq!(data["user_id"], "member-8812", "the session starts with it");
    let ran = elaaoms_with(
        &deployment,
        &["outbound", "--agent", NURSERY, USER, TOMAS],
        &trusting,
    )
    .await;
    let lines: Vec<serde_json::Value> = ran
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        (lines[0].get("phone_number"), &lines[1]["phone_number"]),
        (None, &TOMAS.into())
    );
    let of_number = &lines[1]["conversation_initiation_client_data"];
    assert_eq!(
        (
            of_number.get("user_id"),
            &of_number["dynamic_variables"]["user_id"]
        ),
        (None, &"".into())
    );
    let ran = elaaoms(&deployment, &["outbound", "--agent", NURSERY, TOMAS]).await;
    assert_eq!(
        ran.json()["dynamic_variables"].get("user_id"),
        None,
        "web sessions are not trusted"
    );
}
