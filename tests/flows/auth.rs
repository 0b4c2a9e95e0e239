//! Authentication of the webhooks: who is accepted, and how little a refusal reveals.

use elaaoms_tests::payload::{self, NURSERY, TOMAS};
use elaaoms_tests::{Deployment, Reply, SIGNING_SECRET, WEBHOOK_KEY, now, sign};
use serde_json::json;

const HALF_AN_HOUR: i64 = 30 * 60;

#[tokio::test]
async fn a_signature_made_like_elevenlabs_python_sdk_is_accepted() {
    let deployment = Deployment::start().await;
    let body = payload::body("first-call");
    let signature = sign(SIGNING_SECRET, now(), &body);
    let reply = deployment
        .elevenlabs
        .post_call_with(body, Some(&signature))
        .await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}

#[tokio::test]
async fn a_signature_may_be_late_reordered_or_have_extra_parts() {
    let deployment = Deployment::start().await;
    let body = payload::body("failure-twilio");
    let signed = |at| sign(SIGNING_SECRET, at, &body);
    let (time, proof) = signed(now())
        .split_once(',')
        .map(|(t, v0)| (t.to_owned(), v0.to_owned()))
        .unwrap();
    for signature in [
        signed(now() - HALF_AN_HOUR + 60),
        signed(now() + 240),
        format!("{proof},{time}"),
        format!("{time}, {proof}"),
        format!("{time},v1=0011,{proof}"),
        format!("{time},v0={},{proof}", "0".repeat(64)),
        format!("{time},{proof},v0={}", "0".repeat(64)),
    ] {
        let reply = deployment
            .elevenlabs
            .post_call_with(body.clone(), Some(&signature))
            .await;
        assert_eq!(reply.status, 200, "{signature}");
    }
}

#[tokio::test]
async fn every_unauthenticated_post_call_gets_the_same_refusal() {
    let deployment = Deployment::start().await;
    let body = payload::body("first-call");
    let genuine = sign(SIGNING_SECRET, now(), &body);
    let (time, proof) = genuine.split_once(',').unwrap();
    let invalid = [
        None,
        Some(String::new()),
        Some("v0".to_owned()),
        Some(time.to_owned()),
        Some(proof.to_owned()),
        Some(format!("t=abc,{proof}")),
        Some(format!("t=-1,{proof}")),
        Some(format!("t=99999999999999999999,{proof}")),
        Some(format!("{time},v0=nothex")),
        Some(format!(
            "{time},{}",
            proof.to_uppercase().replace("V0", "v0")
        )),
        Some(format!("{time},v0={}", "0".repeat(64))),
        Some(genuine.replace("v0=", "v1=")),
        Some(sign(SIGNING_SECRET, now() - HALF_AN_HOUR - 60, &body)),
        Some(sign(SIGNING_SECRET, now() + 600, &body)),
        Some(sign("another-secret", now(), &body)),
        Some(sign("", now(), &body)),
        Some(sign(SIGNING_SECRET, now(), b"another body")),
    ];
    let mut refusals = Vec::new();
    for signature in invalid {
        let reply = deployment
            .elevenlabs
            .post_call_with(body.clone(), signature.as_deref())
            .await;
        assert_eq!(reply.status, 401, "{signature:?}: {}", reply.text);
        refusals.push(without_request_id(&reply));
    }
    refusals.dedup();
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    assert!(
        !refusals[0].contains("sign")
            && !refusals[0].contains("old")
            && !refusals[0].contains("secret"),
        "{}",
        refusals[0]
    );
    assert!(
        !deployment
            .files()
            .iter()
            .any(|file| file.contains("payloads/")),
        "a refused body was stored"
    );
}

#[tokio::test]
async fn a_body_with_any_byte_changed_is_refused() {
    let deployment = Deployment::start().await;
    let body = payload::body("failure-sip");
    let signature = sign(SIGNING_SECRET, now(), &body);
    for position in (0..body.len()).step_by(17) {
        let mut forged = body.to_vec();
        forged[position] ^= 1;
        let reply = deployment
            .elevenlabs
            .post_call_with(forged, Some(&signature))
            .await;
        assert_eq!(reply.status, 401, "byte {position}");
    }
}

#[tokio::test]
async fn every_configured_secret_is_accepted_during_rotation() {
    let deployment =
        Deployment::with(&[("ELEVENLABS_POST_CALL_HMAC_KEY", "the-new-one, the-old-one")]).await;
    let body = payload::body("failure-sip");
    for (secret, status) in [
        ("the-new-one", 200),
        ("the-old-one", 200),
        ("the-new-one, the-old-one", 401),
    ] {
        let reply = deployment
            .elevenlabs
            .post_call_with(body.clone(), Some(&sign(secret, now(), &body)))
            .await;
        assert_eq!(reply.status, status, "{secret}");
    }
}

#[tokio::test]
async fn the_read_webhooks_accept_the_key_in_either_header_or_a_signature() {
    let deployment = Deployment::start().await;
    let elevenlabs = &deployment.elevenlabs;
    for (path, body) in requests() {
        let signature = sign(SIGNING_SECRET, now(), body.as_bytes());
        for (header, value) in [
            ("x-api-key", WEBHOOK_KEY.to_owned()),
            ("authorization", format!("Bearer {WEBHOOK_KEY}")),
            ("authorization", format!("bearer {WEBHOOK_KEY}")),
            ("elevenlabs-signature", signature),
        ] {
            let reply = elevenlabs
                .send(elevenlabs.post(path, body.clone()).header(header, value))
                .await;
            assert_eq!(reply.status, 200, "{path} with {header}");
        }
    }
}

#[tokio::test]
async fn the_read_webhooks_refuse_every_other_request_identically() {
    let deployment = Deployment::start().await;
    let elevenlabs = &deployment.elevenlabs;
    let mut refusals = Vec::new();
    for (path, body) in requests() {
        let without_key = elevenlabs.send(elevenlabs.post(path, body.clone())).await;
        assert_eq!(without_key.status, 401);
        refusals.push(without_request_id(&without_key));
        for (header, value) in [
            ("x-api-key", String::new()),
            ("x-api-key", WEBHOOK_KEY[..10].to_owned()),
            ("x-api-key", format!("{WEBHOOK_KEY}x")),
            ("x-api-key", SIGNING_SECRET.to_owned()),
            ("authorization", WEBHOOK_KEY.to_owned()),
            ("authorization", format!("Basic {WEBHOOK_KEY}")),
            ("authorization", "Bearer ".to_owned()),
            (
                "elevenlabs-signature",
                sign(WEBHOOK_KEY, now(), body.as_bytes()),
            ),
            (
                "elevenlabs-signature",
                sign(SIGNING_SECRET, now() - 2 * HALF_AN_HOUR, body.as_bytes()),
            ),
        ] {
            let reply = elevenlabs
                .send(elevenlabs.post(path, body.clone()).header(header, &value))
                .await;
            assert_eq!(reply.status, 401, "{path} with {header}: {value}");
            refusals.push(without_request_id(&reply));
        }
    }
    refusals.dedup();
    assert_eq!(refusals.len(), 1, "{refusals:?}");
}

#[tokio::test]
async fn the_key_of_the_read_webhooks_does_not_authenticate_post_call() {
    let deployment = Deployment::start().await;
    let reply = deployment
        .elevenlabs
        .keyed("/webhook/post-call", payload::body("first-call"))
        .await;
    assert_eq!(reply.status, 401);
}

#[tokio::test]
async fn without_secrets_every_webhook_refuses_requests() {
    // "," is an empty list. A blank variable would get a development secret.
    let no_secrets = [
        ("ELEVENLABS_POST_CALL_HMAC_KEY", ","),
        ("WEBHOOK_API_KEY", ","),
    ];
    let deployment = Deployment::with(&no_secrets).await;
    let elevenlabs = &deployment.elevenlabs;
    let body = payload::body("first-call");
    for secret in ["", ",", SIGNING_SECRET] {
        let reply = elevenlabs
            .post_call_with(body.clone(), Some(&sign(secret, now(), &body)))
            .await;
        assert_eq!(reply.status, 401);
    }
    for (path, body) in requests() {
        for key in ["", ",", WEBHOOK_KEY] {
            let reply = elevenlabs
                .send(elevenlabs.post(path, body.clone()).header("x-api-key", key))
                .await;
            assert_eq!(reply.status, 401);
        }
    }
}

#[tokio::test]
async fn an_address_outside_the_allow_list_is_refused_despite_valid_credentials() {
    let deployment = Deployment::with(&[("ALLOWED_CIDRS", "203.0.113.0/24 34.67.146.145")]).await;
    let elevenlabs = &deployment.elevenlabs;
    assert_eq!(
        elevenlabs
            .post_call(payload::body("first-call"))
            .await
            .status,
        401
    );
    assert_eq!(elevenlabs.ring(NURSERY, TOMAS).await.status, 401);
    assert_eq!(
        elevenlabs.health().await.status,
        200,
        "the allow list applies to webhooks only"
    );
}

#[tokio::test]
async fn an_address_on_the_allow_list_still_needs_credentials() {
    let deployment = Deployment::with(&[("ALLOWED_CIDRS", "127.0.0.0/8")]).await;
    let elevenlabs = &deployment.elevenlabs;
    assert_eq!(
        elevenlabs
            .post_call(payload::body("failure-sip"))
            .await
            .status,
        200
    );
    assert_eq!(
        elevenlabs
            .post_call_with(payload::body("failure-sip"), None)
            .await
            .status,
        401
    );
}

#[tokio::test]
async fn an_unknown_path_and_a_wrong_method_get_different_statuses() {
    let deployment = Deployment::start().await;
    let elevenlabs = &deployment.elevenlabs;
    assert_eq!(
        elevenlabs.keyed("/webhook/elsewhere", "{}").await.status,
        404
    );
    assert_eq!(elevenlabs.keyed("/health", "{}").await.status, 405);
}

fn requests() -> [(&'static str, String); 3] {
    [
        (
            "/webhook/client-data",
            json!({"agent_id": NURSERY, "caller_id": TOMAS}).to_string(),
        ),
        (
            "/webhook/search-memory",
            json!({"query": "tree", "agent_id": NURSERY, "caller_id": TOMAS}).to_string(),
        ),
        (
            "/webhook/do-not-remember",
            json!({"caller_id": TOMAS, "agent_id": NURSERY}).to_string(),
        ),
    ]
}

/// Returns the response text without the request id, the only part that may differ.
fn without_request_id(reply: &Reply) -> String {
    let id = reply.body["error"]["request_id"].as_str().unwrap();
    assert!(id.starts_with("req_"), "{id}");
    reply.text.replace(id, "")
}
