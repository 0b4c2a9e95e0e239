//! Several people on one number: the agent asks who is speaking.

use std::collections::BTreeSet;

use bytes::Bytes;
use elaaoms_tests::Deployment;
use elaaoms_tests::payload::{NURSERY, STRANGER};
use serde_json::{Value, json};

const FIRST_CALL: i64 = 1_795_773_600;
const DAY: i64 = 86_400;

#[tokio::test]
async fn an_agent_asks_which_of_two_people_is_speaking() {
    let deployment = Deployment::start().await;
    deployment.remember(call(0, "Dana Rivers")).await;
    let reply = deployment.elevenlabs.ring(NURSERY, STRANGER).await;
    assert_eq!(reply.variable("caller_name"), "Dana");
    assert_eq!(reply.variable("caller_names"), "");

    deployment.remember(call(1, "Tom Okafor")).await;
    let reply = deployment.elevenlabs.ring(NURSERY, STRANGER).await;
    assert_eq!(
        reply.variable("greeting"),
        "Hello, am I speaking with Tom or Dana?"
    );
    assert_eq!(reply.variable("caller_name"), "");
    assert_eq!(reply.variable("caller_names"), "Tom, Dana");
    assert!(
        reply
            .variable("memory_context")
            .starts_with("Several people call from this number.")
    );

    deployment.remember(call(2, "Dana Rivers")).await;
    let query = json!({"query": "trees", "caller_id": STRANGER, "agent_id": NURSERY});
    let found = deployment.elevenlabs.search(&query).await;
    assert_eq!(found.body["caller"]["names"], json!(["Dana", "Tom"]));
    assert_eq!(found.body["caller"]["name"], Value::Null);
    let hits = found.body["results"].as_array().unwrap();
    let speakers: BTreeSet<&str> = hits
        .iter()
        .filter_map(|hit| hit["speaker"].as_str())
        .collect();
    assert_eq!(speakers, BTreeSet::from(["Dana", "Tom"]));
}

#[tokio::test]
async fn a_near_spelling_of_a_name_is_no_second_person() {
    let deployment = Deployment::start().await;
    deployment.remember(call(0, "Dana Rivers")).await;
    deployment.remember(call(1, "Diana Rivers")).await;
    let reply = deployment.elevenlabs.ring(NURSERY, STRANGER).await;
    assert_eq!(reply.variable("caller_name"), "Diana");
    assert_eq!(reply.variable("caller_names"), "");
}

/// Returns the call of one day, in which the caller introduces themselves.
fn call(day: i64, name: &str) -> Bytes {
    let start = FIRST_CALL + day * DAY;
    let body = json!({"type": "post_call_transcription", "event_timestamp": start + 100, "data": {
        "conversation_id": format!("conv_shared_{day}"), "agent_id": NURSERY, "status": "done",
        "metadata": {"start_time_unix_secs": start, "call_duration_secs": 40,
            "main_language": "en",
            "phone_call": {"type": "twilio", "direction": "inbound", "external_number": STRANGER,
                "agent_number": "+12025550100", "call_sid": format!("CA{day}")}},
        "transcript": [
            {"role": "agent", "message": "Who is speaking, please?", "time_in_call_secs": 0},
            {"role": "user", "message": format!("My name is {name}. I need {} pear trees.", day + 2),
                "time_in_call_secs": 3}],
        "analysis": {"call_successful": "success",
            "transcript_summary": format!("The caller needs {} pear trees.", day + 2)}}});
    Bytes::from(body.to_string())
}
