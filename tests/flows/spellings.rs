//! Callers that earlier versions stored under another spelling of their number.

use elaaoms_tests::{Deployment, PEPPER, payload};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;

const NUMBER: &str = "+442071838750";
const OLDER: &str = "442071838750";
const AGENT: &str = "agent_plain";

#[tokio::test]
async fn a_caller_stored_without_a_plus_is_found_and_moved_by_the_next_call() {
    for is_pseudonymous in [false, true] {
        let setting = if is_pseudonymous { "true" } else { "false" };
        let deployment = Deployment::with(&[("PSEUDONYMOUS_CALLERS", setting)]).await;
        let key = |caller: &str| {
            if is_pseudonymous {
                pseudonym(caller)
            } else {
                caller.to_owned()
            }
        };
        store_like_an_earlier_version(&deployment, &key(OLDER)).await;
        let known = deployment.elevenlabs.ring(AGENT, NUMBER).await;
        assert_eq!(known.variable("greeting"), "Welcome back, Odile!");
        assert_eq!(known.variable("caller_known"), "true");
        for agent in [AGENT, "agent_other"] {
            let query = json!({"query": "quince trees", "caller_id": NUMBER, "agent_id": agent});
            let found = deployment.elevenlabs.search(&query).await;
            assert_eq!(found.found(), ["Ordered two quince trees."], "{agent}");
        }
        deployment.remember(call()).await;
        let (_, older) = stored(&deployment, &key(OLDER)).await;
        assert!(older.is_empty(), "{older:?}");
        let (card, memories) = stored(&deployment, &key(NUMBER)).await;
        assert_eq!(
            card["profile_data"]["last_conversation_id"],
            "conv_5505plain1guide"
        );
        assert!(
            memories
                .iter()
                .any(|memory| memory == "Ordered two quince trees."),
            "{memories:?}"
        );
        assert!(memories.len() > 1, "{memories:?}");
    }
}

#[tokio::test]
async fn an_older_spelling_matches_no_other_caller() {
    let deployment = Deployment::start().await;
    store_like_an_earlier_version(&deployment, OLDER).await;
    for other in [
        "+4420718387501",
        "+44207183875",
        "+1442071838750",
        "+12025550123",
    ] {
        assert_eq!(
            deployment
                .elevenlabs
                .ring(AGENT, other)
                .await
                .variable("caller_known"),
            "false",
            "{other}"
        );
        let query = json!({"query": "quince trees", "caller_id": other, "agent_id": AGENT});
        assert!(
            deployment
                .elevenlabs
                .search(&query)
                .await
                .found()
                .is_empty(),
            "{other}"
        );
    }
}

/// Stores a memory and a caller card as earlier versions did.
async fn store_like_an_earlier_version(deployment: &Deployment, caller: &str) {
    let memory = json!({
        "agent_id": AGENT, "caller_id": caller, "content": "Ordered two quince trees.", "importance": 9,
        "metadata": {"conversation_id": "conv_before", "timestamp": "2025-11-01T10:00:00Z"},
    });
    let card = json!({"greeting": "Welcome back, Odile!", "last_call_at": "2025-11-01T10:00:00Z"});
    let profile =
        json!({"agent_id": AGENT, "caller_id": caller, "profile_data": card, "ttl_hours": 8760});
    for (path, body) in [("memories", memory), ("agents", profile)] {
        let reply = deployment
            .ask_store(Method::POST, &format!("/api/v1/{path}"))
            .json(&body)
            .send()
            .await
            .unwrap();
        assert!(reply.status().is_success(), "{:?}", reply.text().await);
    }
}

/// Returns the card and the memories stored under exactly this id.
async fn stored(deployment: &Deployment, caller: &str) -> (Value, Vec<String>) {
    let caller = caller.replace('+', "%2B");
    let path = format!("/api/v1/agents/{AGENT}/callers/{caller}");
    let card = deployment
        .ask_store(Method::GET, &path)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    (card, deployment.contents(AGENT, &caller).await)
}

fn call() -> String {
    let mut body = payload::json("no-analysis");
    body["data"]["dynamic_variables"]["system__caller_id"] = json!(NUMBER);
    body.to_string()
}

fn pseudonym(caller: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(PEPPER.as_bytes()).unwrap();
    mac.update(caller.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}
