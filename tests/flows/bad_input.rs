//! Malformed input: the answer is a clear 4xx, or a 200 with the body stored. It is never a 5xx,
//! and no file appears outside the data folder.

use bytes::Bytes;
use elaaoms_tests::Deployment;
use elaaoms_tests::payload::{self, NURSERY, TOMAS};
use serde_json::{Value, json};

const ESCAPING_IDS: [&str; 9] = [
    "../../escaped",
    "..",
    ".",
    "a/b",
    "a\\b",
    "/etc/escaped",
    "%2e%2e%2fescaped",
    "a\u{0}b",
    "",
];

#[tokio::test]
async fn every_signed_body_is_stored_and_acknowledged() {
    let deployment = Deployment::start().await;
    for body in malformed_payloads() {
        let reply = deployment.elevenlabs.post_call(body.clone()).await;
        assert_eq!(reply.status, 200, "{}: {}", preview(&body), reply.text);
        assert_eq!(reply.body["status"], "success");
    }
    deployment.remember(payload::body("second-call")).await;
    assert_no_unexpected_files(&deployment);
}

#[tokio::test]
async fn an_id_cannot_escape_the_data_folder() {
    let deployment = Deployment::start().await;
    for id in ESCAPING_IDS {
        for name in ["first-call", "audio", "failure-sip"] {
            let reply = deployment
                .elevenlabs
                .post_call(payload::edited(
                    name,
                    &[("/data/conversation_id", json!(id))],
                ))
                .await;
            assert_eq!(reply.status, 200, "{id:?}");
            assert_eq!(reply.body["data"]["conversation_id"], Value::Null, "{id:?}");
        }
        let kind = payload::edited("first-call", &[("/type", json!(id))]);
        assert_eq!(
            deployment.elevenlabs.post_call(kind).await.status,
            200,
            "{id:?}"
        );
        let agent = payload::edited("first-call", &[("/data/agent_id", json!(id))]);
        assert_eq!(
            deployment.elevenlabs.post_call(agent).await.status,
            200,
            "{id:?}"
        );
    }
    deployment.remember(payload::body("second-call")).await;
    assert_no_unexpected_files(&deployment);
}

#[tokio::test]
async fn a_caller_id_that_looks_like_a_path_is_only_an_id() {
    let deployment = Deployment::start().await;
    for number in [
        "../../../etc/passwd",
        "+1555/../../x",
        "+1555\u{0}1",
        "+1555?x=1#y",
        "'; DROP TABLE memories; --",
    ] {
        let body = payload::edited(
            "first-call",
            &[("/data/metadata/phone_call/external_number", json!(number))],
        );
        assert_eq!(
            deployment.elevenlabs.post_call(body).await.status,
            200,
            "{number:?}"
        );
        let reply = deployment.elevenlabs.ring(NURSERY, number).await;
        assert_eq!(
            (reply.status.as_u16(), reply.variable("caller_known")),
            (200, "false"),
            "{number:?}"
        );
    }
    assert_no_unexpected_files(&deployment);
}

#[tokio::test]
async fn a_call_without_words_still_makes_the_caller_known() {
    let deployment = Deployment::start().await;
    for (conversation, transcript) in [
        ("conv_null", Value::Null),
        ("conv_none", json!([])),
        ("conv_text", json!("no list")),
        (
            "conv_nulls",
            json!([null, 7, {}, {"role": null, "message": null}, {"role": "user", "message": null}]),
        ),
    ] {
        let changes = [
            ("/data/conversation_id", json!(conversation)),
            ("/data/transcript", transcript),
            ("/data/analysis", Value::Null),
        ];
        deployment
            .remember(payload::edited("first-call", &changes))
            .await;
    }
    assert!(deployment.contents(NURSERY, TOMAS).await.is_empty());
    assert_eq!(
        deployment
            .elevenlabs
            .ring(NURSERY, TOMAS)
            .await
            .variable("caller_known"),
        "true"
    );
}

#[tokio::test]
async fn the_read_webhooks_answer_bad_requests_with_a_clear_400() {
    let deployment = Deployment::start().await;
    for path in [
        "/webhook/client-data",
        "/webhook/search-memory",
        "/webhook/do-not-remember",
    ] {
        for body in bad_requests() {
            let reply = deployment.elevenlabs.keyed(path, body.clone()).await;
            assert_eq!(
                reply.status,
                400,
                "{path} {}: {}",
                preview(&body),
                reply.text
            );
            assert_eq!(reply.body["error"]["code"], "INVALID_REQUEST");
            assert!(!reply.body["error"]["message"].as_str().unwrap().is_empty());
        }
    }
    assert_no_unexpected_files(&deployment);
}

#[tokio::test]
async fn an_error_response_repeats_nothing_of_the_request() {
    let deployment = Deployment::start().await;
    for path in [
        "/webhook/client-data",
        "/webhook/search-memory",
        "/webhook/do-not-remember",
    ] {
        for body in [
            json!({"query": "x", "agent_id": "Hazel Court/3", "caller_id": TOMAS}).to_string(),
            json!({"query": {"Hazel": TOMAS}, "agent_id": ["Hazel Court"], "caller_id": TOMAS})
                .to_string(),
            format!("{{\"caller_id\": \"{TOMAS}\", \"Hazel"),
        ] {
            let reply = deployment.elevenlabs.keyed(path, body).await;
            assert_eq!(reply.status, 400);
            assert!(
                !reply.text.contains("Hazel") && !reply.text.contains(TOMAS),
                "{}",
                reply.text
            );
        }
    }
}

#[tokio::test]
async fn a_search_without_a_query_is_a_bad_request() {
    let deployment = Deployment::start().await;
    for body in [json!({}), json!({"caller_id": TOMAS})] {
        assert_eq!(
            deployment.elevenlabs.search(&body).await.status,
            400,
            "{body}"
        );
    }
}

#[tokio::test]
async fn very_long_texts_and_deep_nesting_cause_no_server_error() {
    let deployment = Deployment::start().await;
    let long = "quince ".repeat(5_000);
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    for path in [
        "/webhook/client-data",
        "/webhook/search-memory",
        "/webhook/do-not-remember",
    ] {
        for body in [
            json!({"query": long, "agent_id": NURSERY, "caller_id": TOMAS}).to_string(),
            json!({"query": "x", "agent_id": NURSERY, "caller_id": long}).to_string(),
            json!({"query": "x", "agent_id": long}).to_string(),
            format!(r#"{{"query":"x","agent_id":"{NURSERY}","more":{deep}}}"#),
            format!(r#"{{"query":{deep}}}"#),
        ] {
            let reply = deployment.elevenlabs.keyed(path, body).await;
            assert!(
                matches!(reply.status.as_u16(), 200 | 400),
                "{path}: {}",
                reply.text
            );
        }
        let reply = deployment.elevenlabs.keyed(path, "x".repeat(70_000)).await;
        assert_eq!(reply.status, 413, "{}", reply.text);
    }
}

/// Signed bodies that ElevenLabs should not send.
fn malformed_payloads() -> Vec<Bytes> {
    let mut bodies: Vec<Bytes> = [
        &b""[..],
        b" ",
        b"not json",
        b"{",
        b"null",
        b"7",
        b"\"text\"",
        b"[]",
        b"[1,2]",
        b"{}",
        b"\xff\xfe\xfd",
        b"{\"type\":\"post_call_transcription\",\"data\":{\"conversation_id\":\"conv_\xff\"}}",
        br#"{"type":7,"data":{"conversation_id":"conv_odd1"}}"#,
        br#"{"type":"post_call_transcription","data":null}"#,
        br#"{"type":"post_call_transcription","data":[]}"#,
        br#"{"type":"post_call_transcription","data":{"conversation_id":7,"agent_id":{}}}"#,
        br#"{"type":"post_call_transcription","data":{"conversation_id":"conv_odd2"}}"#,
        br#"{"type":"post_call_audio","data":{"conversation_id":"conv_odd3"}}"#,
        br#"{"type":"call_initiation_failure","data":{"conversation_id":"conv_odd4","metadata":7}}"#,
    ]
    .map(Bytes::from_static)
    .to_vec();
    let long = json!("x".repeat(200_000));
    let mistyped = |pointer, value| payload::edited("first-call", &[(pointer, value)]);
    bodies.extend([
        mistyped("/data/metadata", json!("odd")),
        mistyped("/data/metadata/phone_call", json!([1, 2])),
        mistyped("/data/metadata/start_time_unix_secs", json!(i64::MAX)),
        mistyped("/data/metadata/start_time_unix_secs", json!(-1e300)),
        mistyped("/data/metadata/main_language", long.clone()),
        mistyped("/data/analysis", json!([])),
        mistyped("/data/analysis/transcript_summary", long.clone()),
        mistyped("/data/transcript/1/message", long.clone()),
        mistyped("/data/conversation_id", long.clone()),
        mistyped("/type", long),
        mistyped("/event_timestamp", json!("1767261633")),
        "[".repeat(100_000).into(),
        format!(
            r#"{{"type":"x","data":{}{}}}"#,
            "[".repeat(100_000),
            "]".repeat(100_000)
        )
        .into(),
        payload::edited(
            "first-call",
            &[("/data/user_id", json!({"a": {"b": {"c": []}}}))],
        ),
    ]);
    bodies
}

fn bad_requests() -> Vec<Bytes> {
    let mut bodies: Vec<Bytes> = [
        &b""[..],
        b"not json",
        b"{",
        b"null",
        b"7",
        b"\xff\xfe",
        b"{\"query\":\"x\",\"agent_id\":\"\xff\"}",
    ]
    .map(Bytes::from_static)
    .to_vec();
    for agent in ["../x", "a/b", "a b", "a\u{0}"] {
        bodies.push(
            json!({"query": "x", "agent_id": agent, "caller_id": TOMAS})
                .to_string()
                .into(),
        );
    }
    bodies
}

/// Asserts that the system wrote only its two databases and the archive's three folders.
#[track_caller]
fn assert_no_unexpected_files(deployment: &Deployment) {
    let known = [
        "data/payloads/",
        "data/extractions/",
        "data/callers/",
        "data/queue.db",
        "data/openmemory.db",
    ];
    for file in deployment.files() {
        assert!(
            known.iter().any(|prefix| file.starts_with(prefix)),
            "{file}"
        );
        assert!(
            !file.contains("escaped") && !file.contains("passwd"),
            "{file}"
        );
    }
}

/// Returns the start of a body, enough to identify it.
fn preview(body: &Bytes) -> String {
    String::from_utf8_lossy(&body[..body.len().min(120)]).into_owned()
}
