//! The commands that change memories, with a fake of the store's protocol.

mod store;

use clap::Parser;
use serde_json::{Value, json};

use crate::commands::Command;
use store::Store;

const CALLER: &str = "+12025550142";

#[tokio::test]
async fn an_edit_sends_only_what_was_named_and_rewrites_the_card() {
    let store = Store::start().await;
    store.accept_edits("mem_1", false).await;
    let words = [
        "edit",
        CALLER,
        "mem_1",
        "--importance",
        "9",
        "--category",
        "issue",
    ];
    let output = store.run(&words).await.unwrap();
    assert_eq!(output.data["memory_id"], "mem_1");
    assert_eq!(output.data["superseded"], Value::Null);
    let bodies = store.bodies("PATCH", "/mem_1").await;
    assert_eq!(bodies, [json!({"importance": 9, "category": "issue"})]);
    let cards = store.bodies("POST", "/agents").await;
    let card = &cards[0]["profile_data"];
    assert_eq!(card["memory_context"], "- Lives in Boston");
    assert_eq!(card["greeting"], "How is Boston?", "the greeting stays");
    let line = store.audited();
    assert_eq!(
        (&line["action"], &line["counts"]),
        (&json!("edit"), &json!({"memories": 1, "corrected": 0}))
    );
    assert!(line["subject"].is_string());
}

#[tokio::test]
async fn a_correction_rewrites_the_card_and_then_supersedes_the_memory() {
    let store = Store::start().await;
    let words = [
        "edit",
        CALLER,
        "mem_1",
        "--content",
        "Lives in Denver",
        "--importance",
        "7",
    ];
    let output = store.run(&words).await.unwrap();
    assert_eq!(output.data["memory_id"], "mem_2");
    assert_eq!(output.data["superseded"], "mem_1");
    assert_eq!(store.changes().await, ["POST agents", "POST batch"]);
    let cards = store.bodies("POST", "/agents").await;
    let card = &cards[0]["profile_data"];
    assert_eq!(card["memory_context"], "- Lives in Denver");
    assert!(!card["greeting"].as_str().unwrap().contains("Boston"));
    let batches = store.bodies("POST", "/memories/batch").await;
    let sent = &batches[0]["memories"][0];
    assert_eq!(
        (&sent["content"], &sent["supersedes"], &sent["importance"]),
        (&json!("Lives in Denver"), &json!("mem_1"), &json!(7))
    );
    let metadata = &sent["metadata"];
    assert_eq!(metadata["corrected_by"], "operator");
    assert_eq!(metadata["conversation_id"], "conv_1");
    assert_eq!(
        metadata["timestamp"], "2026-11-20T10:00:00Z",
        "when it was said"
    );
    assert_eq!(store.audited()["counts"]["corrected"], 1);
}

#[tokio::test]
async fn a_memory_is_pinned_and_unpinned() {
    for (option, pinned, count) in [(None, true, "pinned"), (Some("--unpin"), false, "unpinned")] {
        let store = Store::start().await;
        store.accept_edits("mem_1", pinned).await;
        let words: Vec<&str> = ["pin", CALLER, "mem_1"].into_iter().chain(option).collect();
        let output = store.run(&words).await.unwrap();
        assert_eq!(output.data["pinned"], pinned);
        let bodies = store.bodies("PATCH", "/mem_1").await;
        assert_eq!(bodies, [json!({"metadata": {"pinned": pinned}})]);
        let line = store.audited();
        assert_eq!(
            (&line["action"], &line["counts"][count]),
            (&json!("pin"), &json!(1))
        );
    }
}

#[tokio::test]
async fn an_added_memory_names_no_call_and_can_be_pinned() {
    let store = Store::start().await;
    store.accept_edits("mem_2", true).await;
    let words = [
        "add",
        CALLER,
        "--agent",
        "agent_1",
        "--content",
        "Is deaf in one ear",
        "--pin",
    ];
    let output = store.run(&words).await.unwrap();
    assert_eq!(
        (&output.data["memory_id"], &output.data["action"]),
        (&json!("mem_2"), &json!("stored"))
    );
    assert_eq!(
        store.changes().await,
        ["POST batch", "PATCH mem_2", "POST agents"]
    );
    let batches = store.bodies("POST", "/memories/batch").await;
    let sent = &batches[0]["memories"][0];
    assert_eq!(
        (&sent["agent_id"], &sent["supersedes"]),
        (&json!("agent_1"), &Value::Null)
    );
    let metadata = &sent["metadata"];
    assert_eq!(
        (&metadata["source"], &metadata["category"]),
        (&json!("operator"), &json!("factual"))
    );
    assert!(metadata.get("conversation_id").is_none() && metadata.get("corrected_by").is_none());
    assert_eq!(store.audited()["action"], "add");
}

#[tokio::test]
async fn an_unknown_memory_changes_nothing() {
    let store = Store::start().await;
    for words in [
        &["edit", CALLER, "mem_9", "--importance", "9"][..],
        &["edit", CALLER, "mem_9", "--content", "Lives in Denver"],
        &["pin", CALLER, "mem_9"],
    ] {
        let failure = store.run(words).await.unwrap_err();
        assert!(failure.to_string().contains("no memory mem_9"), "{failure}");
    }
    assert_eq!(store.changes().await, Vec::<String>::new());
    assert!(!store.is_audited());
}

#[tokio::test]
async fn nothing_changes_if_the_audit_entry_could_not_name_the_caller() {
    let store = Store::start().await;
    for words in [
        &["edit", CALLER, "mem_1", "--importance", "9"][..],
        &["add", CALLER, "--agent", "agent_1", "--content", "Is deaf"],
        &["pin", CALLER, "mem_1"],
    ] {
        let failure = store.run_with(words, None).await.unwrap_err();
        assert!(
            failure.to_string().contains("CALLER_ID_PEPPER"),
            "{failure}"
        );
    }
    assert_eq!(store.changes().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_store_without_edits_is_named() {
    let store = Store::with_extensions(&["list-caller"]).await;
    let failure = store.run(&["pin", CALLER, "mem_1"]).await.unwrap_err();
    assert!(failure.to_string().contains("edit-memory"), "{failure}");
    assert!(failure.advice().unwrap().contains("bundled openmemory"));
    assert!(!store.is_audited());
}

#[test]
fn an_edit_needs_a_change_within_its_limits() {
    let edit = ["elaaoms", "memories", "edit", CALLER, "mem_1"];
    for options in [
        &[][..],
        &["--importance", "11"],
        &["--category", "rumour"],
        &["--content", " "],
    ] {
        let words = edit.iter().chain(options);
        assert!(Command::try_parse_from(words).is_err(), "{options:?}");
    }
}
