//! One person with two numbers, linked, recognised and forgotten on the command line.

use elaaoms_tests::Deployment;
use elaaoms_tests::payload::{self, NURSERY, STRANGER, TOMAS};
use serde_json::json;

use crate::harness::elaaoms;

/// The second call of the same caller, from another number.
fn second_call_from(number: &str) -> bytes::Bytes {
    payload::edited(
        "second-call",
        &[
            ("/data/metadata/phone_call/external_number", json!(number)),
            (
                "/data/conversation_initiation_client_data/dynamic_variables/system__caller_id",
                json!(number),
            ),
        ],
    )
}

/// A caller who called from two numbers that are linked.
async fn with_two_numbers() -> Deployment {
    let deployment = Deployment::start().await;
    deployment.remember(payload::body("first-call")).await;
    deployment.remember(second_call_from(STRANGER)).await;
    let words = ["memories", "link", TOMAS, STRANGER, "--yes"];
    let ran = elaaoms(&deployment, &words).await;
    ran.expect_code(0);
    assert!(!ran.out.contains(STRANGER), "numbers are masked");
    deployment
}

#[tokio::test(flavor = "multi_thread")]
async fn two_linked_numbers_are_one_caller_until_they_are_unlinked() {
    let deployment = with_two_numbers().await;
    let list = [
        "memories",
        "identities",
        STRANGER,
        "--reveal",
        "--output",
        "json",
    ];
    let listed = elaaoms(&deployment, &list).await.json();
    assert_eq!(listed["identities"][0]["caller"], TOMAS);
    assert_eq!(listed["identities"][1]["caller"], STRANGER);
    assert_eq!(listed["identities"][1]["linked_by"], "operator");
    let one = deployment.contents(NURSERY, TOMAS).await;
    assert_eq!(one, deployment.contents(NURSERY, STRANGER).await);
    let words = ["memories", "unlink", TOMAS, STRANGER];
    elaaoms(&deployment, &words).await.expect_code(0);
    assert_ne!(deployment.contents(NURSERY, TOMAS).await, one);
    elaaoms(&deployment, &words).await.expect_code(1);
    let trail = std::fs::read_to_string(deployment.data_dir().join("audit.log")).unwrap();
    for action in ["\"link\"", "\"identities\"", "\"unlink\""] {
        assert!(trail.contains(action), "{trail}");
    }
    assert!(!trail.contains(TOMAS) && !trail.contains(STRANGER));
}

#[tokio::test(flavor = "multi_thread")]
async fn forgetting_one_number_leaves_nothing_of_the_other_in_store_and_archive() {
    let deployment = with_two_numbers().await;
    let ran = elaaoms(&deployment, &["memories", "forget", STRANGER, "--yes"]).await;
    ran.expect_code(0);
    for number in [TOMAS, STRANGER] {
        assert!(!deployment.holds(number), "{:?}", deployment.files());
        assert!(deployment.contents(NURSERY, number).await.is_empty());
        let ring = deployment.elevenlabs.ring(NURSERY, number).await;
        assert_eq!(ring.variable("caller_known"), "false");
    }
    for call in ["first-call", "second-call"] {
        let conversation = payload::conversation(&payload::body(call));
        assert!(deployment.is_erased(&conversation), "{call}");
    }
}
