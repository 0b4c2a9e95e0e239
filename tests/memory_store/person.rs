//! One person with several ids: recognised from each of them, and forgotten with all of them.

use common::openmemory::OpenMemoryError;
use common::settings::DialectSetting;
use elaaoms_tests::payload::{self, NURSERY, STRANGER, TOMAS};
use elaaoms_tests::{Deployment, Store};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{agent, caller, client_for, find, new_memory, remember, start_cavira};

fn encoded(caller: &str) -> String {
    caller.replace('+', "%2B")
}

async fn link(deployment: &Deployment, caller: &str, other: &str) {
    let path = format!("/api/v1/callers/{}/identities", encoded(caller));
    let request = deployment.ask_store(Method::POST, &path);
    let body = json!({"caller_id": other, "linked_by": "operator"});
    let answer = request.json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
}

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

#[tokio::test]
async fn a_caller_is_recognised_from_the_second_number() {
    let deployment = Deployment::start().await;
    deployment.remember(payload::body("first-call")).await;
    let before = deployment.elevenlabs.ring(NURSERY, STRANGER).await;
    assert_eq!(before.variable("caller_known"), "false");
    link(&deployment, TOMAS, STRANGER).await;
    let ring = deployment.elevenlabs.ring(NURSERY, STRANGER).await;
    let usual = deployment.elevenlabs.ring(NURSERY, TOMAS).await;
    for name in ["caller_known", "greeting", "memory_context"] {
        assert_eq!(ring.variable(name), usual.variable(name), "{name}");
    }
    assert_eq!(ring.variable("caller_known"), "true");
    deployment.remember(second_call_from(STRANGER)).await;
    let told = deployment.contents(NURSERY, TOMAS).await;
    assert_eq!(told, deployment.contents(NURSERY, STRANGER).await);
    assert!(
        told.iter().any(|memory| memory.contains("22 Orchard Row")),
        "{told:?}"
    );
    let search = json!({"query": "Orchard Row", "agent_id": NURSERY, "caller_id": STRANGER});
    let reply = deployment.elevenlabs.search(&search).await;
    let found = reply.found();
    assert!(
        found.iter().any(|memory| memory.contains("Orchard Row")),
        "{}",
        reply.text
    );
}

#[tokio::test]
async fn linked_callers_share_memories_and_cards_until_they_are_unlinked() {
    let server = Store::start().await;
    let client = client_for(&server.url(), DialectSetting::Auto, "");
    for (number, content) in [(1, "Has a dog"), (2, "Plays chess")] {
        remember(&client, &caller(number), "support", &[new_memory(content)]).await;
    }
    let linked = client
        .link(&caller(1), &caller(2), "operator")
        .await
        .unwrap();
    assert_eq!(linked.ids.len(), 2);
    assert_eq!(linked.ids[1].caller(), caller(2));
    assert_eq!(linked.ids[1].linked_by.as_deref(), Some("operator"));
    for number in [1, 2] {
        assert_eq!(find(&client, &caller(number), "").await.len(), 2);
        assert_eq!(client.identities(&caller(number)).await.unwrap(), linked);
    }
    let rest = client
        .unlink(&caller(1), &caller(2))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(rest.ids.len(), 1);
    assert_eq!(client.unlink(&caller(1), &caller(2)).await.unwrap(), None);
    assert_eq!(find(&client, &caller(2), "").await.len(), 1);
    assert!(
        client
            .card(&agent("support"), &caller(2))
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn two_persons_with_linked_ids_are_not_merged() {
    let server = Store::start().await;
    let client = client_for(&server.url(), DialectSetting::V1, "");
    for (one, other) in [(1, 2), (3, 4)] {
        client
            .link(&caller(one), &caller(other), "operator")
            .await
            .unwrap();
    }
    let error = client
        .link(&caller(2), &caller(3), "operator")
        .await
        .unwrap_err();
    assert_eq!(error, OpenMemoryError::CannotLink);
}

#[tokio::test]
async fn a_server_without_links_says_so() {
    let (_server, client) = start_cavira().await;
    let error = client.identities(&caller(1)).await.unwrap_err();
    assert_eq!(error, OpenMemoryError::MissingExtension("link-callers"));
    let error = client
        .link(&caller(1), &caller(2), "operator")
        .await
        .unwrap_err();
    assert_eq!(error, OpenMemoryError::MissingExtension("link-callers"));
}

#[tokio::test]
async fn forgetting_one_number_leaves_nothing_of_the_other_in_the_store() {
    let deployment = Deployment::start().await;
    deployment.remember(payload::body("first-call")).await;
    link(&deployment, TOMAS, STRANGER).await;
    deployment.remember(second_call_from(STRANGER)).await;
    let path = format!("/api/v1/callers/{}", encoded(STRANGER));
    deployment
        .ask_store(Method::DELETE, &path)
        .send()
        .await
        .unwrap();
    let export = deployment
        .ask_store(Method::GET, "/api/v1/export")
        .send()
        .await
        .unwrap();
    let export: Value = export.json().await.unwrap();
    for number in [TOMAS, STRANGER] {
        assert!(!export.to_string().contains(number), "{export}");
        let ring = deployment.elevenlabs.ring(NURSERY, number).await;
        assert_eq!(ring.variable("caller_known"), "false");
    }
}
