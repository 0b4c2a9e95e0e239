//! Memories that an operator corrects, adds and pins reach the agent in the next call.

use elaaoms_tests::Deployment;
use elaaoms_tests::payload::{self, NURSERY, TOMAS};
use serde_json::Value;

use crate::harness::elaaoms;

async fn with_a_caller() -> Deployment {
    let deployment = Deployment::start().await;
    deployment.remember(payload::body("first-call")).await;
    deployment
}

/// The caller's memory that contains this text.
async fn memory_with(deployment: &Deployment, text: &str) -> Value {
    let list = ["memories", "list", TOMAS, "--output", "json"];
    let memories = elaaoms(deployment, &list).await.json()["memories"].clone();
    let found = memories
        .as_array()
        .unwrap()
        .iter()
        .find(|memory| memory["content"].as_str().unwrap().contains(text))
        .unwrap_or_else(|| panic!("no memory contains {text}: {memories}"));
    found.clone()
}

/// What the agent receives when the caller calls.
async fn context(deployment: &Deployment) -> String {
    let ring = deployment.elevenlabs.ring(NURSERY, TOMAS).await;
    ring.variable("memory_context").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_replaces_the_memory_in_the_next_call_and_is_audited() {
    let deployment = with_a_caller().await;
    let wrong = memory_with(&deployment, "GF-4410").await;
    let order = wrong["memory_id"].as_str().unwrap();
    let right = "The caller has order GF-4411.";
    let words = [
        "memories",
        "edit",
        TOMAS,
        order,
        "--content",
        right,
        "--output",
        "json",
    ];
    let ran = elaaoms(&deployment, &words).await;
    ran.expect_code(0);
    assert_eq!(ran.json()["superseded"], order);
    assert!(!ran.out.contains(TOMAS), "numbers are masked");
    let context = context(&deployment).await;
    assert!(context.contains(right), "{context}");
    assert!(
        !context.contains(wrong["content"].as_str().unwrap()),
        "{context}"
    );
    let corrected = memory_with(&deployment, "GF-4411").await;
    assert_eq!(corrected["memory_id"], ran.json()["memory_id"]);
    let trail = String::from_utf8(deployment.kept("audit.log").unwrap().to_vec()).unwrap();
    let edits: Vec<Value> = trail
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|line: &Value| line["action"] == "edit")
        .collect();
    assert_eq!(edits.len(), 1, "{trail}");
    assert!(
        edits[0]["subject"].is_string() && !trail.contains("GF-44"),
        "{trail}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pinned_addition_comes_first_and_an_unpinned_one_by_importance() {
    let deployment = with_a_caller().await;
    let text = "The caller is hard of hearing.";
    let words = [
        "memories",
        "add",
        TOMAS,
        "--agent",
        NURSERY,
        "--content",
        text,
        "--importance",
        "1",
        "--pin",
    ];
    elaaoms(&deployment, &words).await.expect_code(0);
    let first = |context: &str| context.lines().nth(1).unwrap_or_default().to_owned();
    assert_eq!(first(&context(&deployment).await), format!("- {text}"));
    let added = memory_with(&deployment, text).await;
    let id = added["memory_id"].as_str().unwrap();
    let words = ["memories", "pin", TOMAS, id, "--unpin"];
    elaaoms(&deployment, &words).await.expect_code(0);
    assert_ne!(first(&context(&deployment).await), format!("- {text}"));
    let words = ["memories", "edit", TOMAS, id, "--importance", "10"];
    elaaoms(&deployment, &words).await.expect_code(0);
    assert_eq!(first(&context(&deployment).await), format!("- {text}"));
}
