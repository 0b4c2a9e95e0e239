//! The pitfalls of the public OpenMemory for a naive client. These tests document the behaviour
//! that the other tests of this suite have to cope with.

use elaaoms_tests::cavira::{Build, Cavira};
use serde_json::{Value, json};

async fn post(server: &Cavira, path: &str, body: Value) -> Value {
    let http = common::http_client::build().unwrap();
    let request = http
        .post(format!("{}{path}", server.url()))
        .header("x-api-key", server.key())
        .json(&body);
    request.send().await.unwrap().json().await.unwrap()
}

async fn add(server: &Cavira, user: &str, content: &str) -> Value {
    post(
        server,
        "/memory/add",
        json!({"content": content, "metadata": {}, "user_id": user}),
    )
    .await
}

async fn query(server: &Cavira, user: &str, k: usize) -> Vec<Value> {
    let body = json!({"query": "order", "k": k, "user_id": user, "filters": {"user_id": user}});
    post(server, "/memory/query", body).await["matches"]
        .as_array()
        .unwrap()
        .clone()
}

#[tokio::test]
async fn a_memory_that_another_caller_already_has_is_dropped_and_gets_the_others_id() {
    let server = Cavira::start(Build::V130).await;
    let first = add(&server, "+12025550101", "Prefers express shipping").await;
    let other = add(&server, "+12025550102", "Prefers express shipping").await;
    assert_eq!(
        (&other["id"], &other["deduplicated"]),
        (&first["id"], &json!(true))
    );
    for number in 0..1000 {
        add(
            &server,
            &format!("+1202555{:04}", number % 50),
            &format!("Prefers shipping option {number}"),
        )
        .await;
    }
    assert!(server.rows().len() < 1001, "{} rows", server.rows().len());
}

#[tokio::test]
async fn a_long_memory_is_truncated() {
    let server = Cavira::start(Build::V130).await;
    add(&server, "+12025550101", &"a long story ".repeat(20)).await;
    assert_eq!(server.rows()[0].content.chars().count(), 200);
}

#[tokio::test]
async fn scores_mean_nothing_other_callers_displace_hits_and_deleted_rows_come_back() {
    let server = Cavira::start(Build::V130).await;
    let ours = add(&server, "+12025550101", "order of garden chairs").await;
    assert_eq!(
        query(&server, "+12025550101", 200).await[0]["score"],
        0.0,
        "a single match has score 0"
    );
    for text in [
        "order order lamp",
        "order tea",
        "order books",
        "order boots",
        "order cups",
    ] {
        add(&server, "+12025550102", text).await;
    }
    let http = common::http_client::build().unwrap();
    let url = format!("{}/memory/{}", server.url(), ours["id"].as_str().unwrap());
    http.delete(url)
        .header("x-api-key", server.key())
        .send()
        .await
        .unwrap();
    assert_eq!(
        query(&server, "+12025550101", 200).await.len(),
        1,
        "the deleted row comes from the cache"
    );
    add(
        &server,
        "+12025550103",
        "an order of one chair for the hall",
    )
    .await;
    assert!(
        query(&server, "+12025550103", 3).await.is_empty(),
        "the server limits the results before it filters by user"
    );
    assert_eq!(query(&server, "+12025550103", 200).await.len(), 1);
}
