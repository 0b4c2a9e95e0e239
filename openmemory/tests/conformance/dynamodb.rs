//! What only DynamoDB has to show: versions instead of locks, batches in several transactions, and
//! deletions that may be interrupted.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use openmemory::{Settings, open};
use serde_json::{Value, json};

use crate::database::Database;
use crate::service::{ALICE, BOB, Service, memory, memory_with, request};
use crate::table;

const PATH: &str = "/api/v1/memories";
const BATCH: &str = "/api/v1/memories/batch";

/// Starts a service and returns the name of its table as well.
async fn on_table() -> (Service, String) {
    let service = Service::start().await;
    let name = service.table();
    (service, name)
}

/// The memories of a batch of a hundred.
fn hundred() -> Value {
    let memories: Vec<Value> = (0..100)
        .map(|at| memory(ALICE, &format!("Order {at}")))
        .collect();
    json!({ "memories": memories })
}

/// Sends a request until it succeeds, as the callers of the service do.
async fn send(service: &Service, path: &str, key: &str, body: &Value) -> Value {
    for _ in 0..20 {
        let request = request(Method::POST, path, body, &[("idempotency-key", key)]);
        let (status, answer) = service.call(request).await;
        if status == StatusCode::OK {
            return answer;
        }
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "{answer}");
    }
    panic!("{path} never succeeds");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_writers_without_common_locks_lose_nothing_and_store_no_duplicates() {
    if !Database::is_dynamodb() {
        return;
    }
    let first = Service::start().await;
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..20 {
        let service = first.second_instance().await;
        writers.spawn(async move {
            let same = memory(ALICE, "Asked about order 7");
            send(&service, PATH, &format!("same-{writer}"), &same).await;
            let own = memory(ALICE, &format!("Item number {writer}"));
            send(&service, PATH, &format!("own-{writer}"), &own).await;
        });
    }
    writers.join_all().await;
    let all = first.search(ALICE, "").await;
    assert_eq!(all.len(), 21);
    let same = all
        .iter()
        .find(|memory| memory["content"] == "Asked about order 7")
        .unwrap();
    assert_eq!(same["metadata"]["reinforcement_count"], 20);
}

#[tokio::test]
async fn an_interrupted_batch_is_completed_without_duplicates() {
    if !Database::is_dynamodb() {
        return;
    }
    for milliseconds in [5, 40, 120, 200, 300, 450] {
        let (service, name) = on_table().await;
        let body = hundred();
        let cut_off = service.call(request(
            Method::POST,
            BATCH,
            &body,
            &[("idempotency-key", "batch")],
        ));
        let _ = tokio::time::timeout(Duration::from_millis(milliseconds), cut_off).await;
        let first = send(&service, BATCH, "batch", &body).await;
        assert_eq!(send(&service, BATCH, "batch", &body).await, first);
        let all = service.get("/api/v1/export").await.1["memories"].clone();
        let all = all.as_array().unwrap();
        assert_eq!(all.len(), 100);
        assert!(all.iter().all(|memory| memory["reinforcement_count"] == 1));
        // The table, the caller, and a memory, a pointer and a receipt for each.
        assert_eq!(items(&name).await.len(), 302);
    }
}

#[tokio::test]
async fn an_interrupted_deletion_is_completed_by_the_next_write() {
    if !Database::is_dynamodb() {
        return;
    }
    for milliseconds in [5, 15, 30, 60, 120] {
        let (service, name) = on_table().await;
        service.post_once(BATCH, "batch", &hundred()).await;
        let path = format!("/api/v1/callers/{ALICE}");
        let cut_off = service.call(request(Method::DELETE, &path, &Value::Null, &[]));
        let finished = tokio::time::timeout(Duration::from_millis(milliseconds), cut_off).await;
        let marked = items(&name)
            .await
            .iter()
            .any(|item| !item["erasing"].is_null());
        service.store(ALICE, "Plays chess").await;
        if marked || finished.is_ok() {
            assert_eq!(service.found(ALICE, "").await, ["Plays chess"]);
            // The table, the caller, the memory and its pointer.
            assert_eq!(items(&name).await.len(), 4);
        }
    }
}

#[tokio::test]
async fn forgetting_leaves_nothing_in_the_table() {
    if !Database::is_dynamodb() {
        return;
    }
    let (service, name) = on_table().await;
    let before = items(&name).await;
    service.post_once(BATCH, "batch", &hundred()).await;
    let card = json!({ "agent_id": "support", "caller_id": ALICE, "profile_data": {} });
    service.post("/api/v1/agents", card).await;
    let (status, answer) = service.delete(&format!("/api/v1/callers/{ALICE}")).await;
    assert_eq!(
        (status, &answer["memories_deleted"]),
        (StatusCode::OK, &json!(100))
    );
    assert_eq!(items(&name).await, before);
    let (_, answer) = service.delete(&format!("/api/v1/callers/{BOB}")).await;
    assert_eq!(answer["memories_deleted"], 0);
    assert_eq!(items(&name).await, before);
}

#[tokio::test]
async fn keys_contain_neither_callers_nor_idempotency_keys() {
    if !Database::is_dynamodb() {
        return;
    }
    let (service, name) = on_table().await;
    service
        .post_once(PATH, "key of +12025550101", &memory(ALICE, "Has a dog"))
        .await;
    let card = json!({ "agent_id": "support", "caller_id": ALICE, "profile_data": {} });
    service.post("/api/v1/agents", card).await;
    let items = items(&name).await;
    assert_eq!(items.len(), 6);
    for item in items {
        let key = format!("{} {}", item["PK"], item["SK"]);
        assert!(!key.contains("2025550101"), "{key}");
    }
}

#[tokio::test]
async fn another_pepper_is_refused() {
    if !Database::is_dynamodb() {
        return;
    }
    let service = Service::start().await;
    let settings = |pepper: &str| {
        Settings::new(service.url(), ([127, 0, 0, 1], 0).into())
            .with_dynamodb_key_pepper(Some(pepper.to_owned().into()))
    };
    let wrong = open(&settings("another pepper, just as long")).await;
    assert!(
        wrong
            .unwrap_err()
            .to_string()
            .contains("another DYNAMODB_KEY_PEPPER")
    );
    let short = open(&settings("short")).await.unwrap_err();
    assert!(short.to_string().contains("DYNAMODB_KEY_PEPPER must have"));
}

#[tokio::test]
async fn an_entry_over_the_size_of_an_item_is_refused() {
    if !Database::is_dynamodb() {
        return;
    }
    let service = Service::start().await;
    let note = json!({ "metadata": { "note": "x".repeat(400_000) } });
    let large = memory_with(ALICE, "Has a dog", note.clone());
    let (status, _) = service.send(Method::POST, PATH, &large).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    let card = json!({ "agent_id": "support", "caller_id": ALICE, "profile_data": note });
    let (status, _) = service.send(Method::POST, "/api/v1/agents", &card).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(service.search(ALICE, "").await.is_empty());
}

#[tokio::test]
async fn lowering_the_limit_deletes_more_memories_than_fit_into_a_transaction() {
    if !Database::is_dynamodb() {
        return;
    }
    let (service, name) = on_table().await;
    for batch in 0..2 {
        let memories: Vec<Value> = (0..100)
            .map(|at| memory(ALICE, &format!("Order {batch}-{at}")))
            .collect();
        service.batch(memories).await;
    }
    let limited = service
        .another_instance(|settings| settings.with_max_memories_per_agent(3))
        .await;
    limited.store(ALICE, "Plays chess").await;
    assert_eq!(limited.search(ALICE, "").await.len(), 3);
    assert_eq!(items(&name).await.len(), 2 + 2 * 3);
}

/// Returns all items of a table.
async fn items(table: &str) -> Vec<Value> {
    let mut items = Vec::new();
    let mut request = json!({ "TableName": table });
    loop {
        let page = table::call("Scan", &request).await;
        items.extend(page["Items"].as_array().unwrap().iter().cloned());
        if page["LastEvaluatedKey"].is_null() {
            return items;
        }
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"].clone();
    }
}
