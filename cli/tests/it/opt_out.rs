//! Callers who do not want to be remembered, through the operator's command.

use elaaoms_tests::payload::{NURSERY, TOMAS};
use elaaoms_tests::{Deployment, now, payload};
use serde_json::{Value, json};

use crate::harness::elaaoms;

const FIRST: &str = "conv_5501tomas1first";
const SECOND: &str = "conv_5501tomas2second";

async fn run(deployment: &Deployment, words: &[&str]) -> Value {
    let ran = elaaoms(deployment, &[words, &["--output", "json"]].concat()).await;
    ran.expect_code(0);
    ran.json()
}

/// Returns `second-call` as a call that begins this many seconds from now.
fn later_call(seconds: i64) -> bytes::Bytes {
    let began = json!(now() + seconds);
    payload::edited(
        "second-call",
        &[
            ("/data/metadata/start_time_unix_secs", began.clone()),
            ("/event_timestamp", began),
        ],
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_is_remembered_again_only_after_opting_in() {
    let deployment = Deployment::start().await;
    deployment.remember(payload::body("first-call")).await;
    let opted_out = run(&deployment, &["memories", "opt-out", TOMAS, "--yes"]).await;
    assert_eq!(opted_out["do_not_remember"], true);
    assert_eq!(opted_out["removed"]["calls"], 1);
    let left = deployment.files();
    let left: Vec<&String> = left.iter().filter(|file| file.contains(FIRST)).collect();
    assert_eq!(left, [&format!("data/erased/{FIRST}")]);
    let reply = deployment.elevenlabs.post_call(later_call(2)).await;
    assert_eq!(reply.body["data"]["memory_extraction_queued"], false);
    assert!(deployment.is_erased(SECOND));
    for command in [
        &["memories", "list", TOMAS][..],
        &["memories", "show", TOMAS, "--agent", NURSERY],
    ] {
        let shown = run(&deployment, command).await;
        assert_eq!(
            shown["do_not_remember"]["requested_by"], "operator",
            "{shown}"
        );
    }
    run(&deployment, &["memories", "opt-in", TOMAS]).await;
    let shown = run(&deployment, &["memories", "list", TOMAS]).await;
    assert_eq!(shown["do_not_remember"], Value::Null);
    assert_eq!(shown["memories"], json!([]), "nothing comes back");
    let mut call: Value = serde_json::from_slice(&later_call(5)).unwrap();
    call["data"]["conversation_id"] = json!("conv_5501tomas3third");
    deployment.remember(call.to_string()).await;
    assert!(!deployment.contents(NURSERY, TOMAS).await.is_empty());
    let trail = String::from_utf8(deployment.kept("audit.log").unwrap().to_vec()).unwrap();
    for action in ["opt-out", "forget", "opt-in"] {
        let entry = format!("\"action\":\"{action}\"");
        assert!(trail.contains(&entry), "{action} in {trail}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wish_that_an_agent_recorded_is_pending_until_an_operator_erases_the_calls() {
    let deployment = Deployment::start().await;
    deployment.remember(payload::body("first-call")).await;
    let wish = json!({"caller_id": TOMAS, "agent_id": NURSERY, "conversation_id": SECOND,
        "confirmed": true});
    let reply = deployment.elevenlabs.opt_out(&wish).await;
    assert_eq!(reply.body["status"], "done", "{}", reply.text);
    let pending = ["memories", "opt-out", "--pending"];
    let listed = run(&deployment, &pending).await;
    let first = &listed["pending"][0];
    assert_eq!(first["wish"]["agent_id"], NURSERY, "{listed}");
    assert_eq!(first["wish"]["conversation_id"], SECOND);
    assert!(!listed.to_string().contains(TOMAS));
    run(&deployment, &["memories", "forget", TOMAS, "--yes"]).await;
    assert_eq!(run(&deployment, &pending).await["pending"], json!([]));
    let shown = run(&deployment, &["memories", "list", TOMAS]).await;
    assert_eq!(
        shown["do_not_remember"]["requested_by"], "agent",
        "forgetting does not take the wish back: {shown}"
    );
}
