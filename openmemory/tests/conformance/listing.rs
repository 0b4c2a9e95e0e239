use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::service::{ALICE, Service, id, memory_with};

const PATH: &str = "/api/v1/agents/support/callers/+12025550101/memories";

async fn three() -> Service {
    let service = Service::start().await;
    for (content, importance) in [("Has a dog", 5), ("Plays chess", 9), ("Owns a boat", 2)] {
        service
            .post(
                "/api/v1/memories",
                memory_with(ALICE, content, json!({ "importance": importance })),
            )
            .await;
    }
    service
        .post(
            "/api/v1/memories",
            memory_with(ALICE, "Sells hats", json!({ "agent_id": "sales" })),
        )
        .await;
    service
}

fn contents(answer: &Value) -> Vec<&str> {
    answer["memories"]
        .as_array()
        .unwrap()
        .iter()
        .map(|memory| memory["content"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_list_is_sorted_as_requested() {
    let service = three().await;
    for (query, order) in [
        ("", ["Plays chess", "Has a dog", "Owns a boat"]),
        (
            "?sort_by=importance&order=asc",
            ["Owns a boat", "Has a dog", "Plays chess"],
        ),
        (
            "?sort_by=created_at",
            ["Owns a boat", "Plays chess", "Has a dog"],
        ),
        (
            "?sort_by=created_at&order=asc",
            ["Has a dog", "Plays chess", "Owns a boat"],
        ),
        (
            "?sort_by=relevance",
            ["Plays chess", "Has a dog", "Owns a boat"],
        ),
    ] {
        let (status, answer) = service.get(&format!("{PATH}{query}")).await;
        assert_eq!(
            (status, contents(&answer)),
            (StatusCode::OK, order.to_vec()),
            "{query}"
        );
        assert_eq!(
            (&answer["total_count"], &answer["limit"], &answer["offset"]),
            (&json!(3), &json!(50), &json!(0))
        );
    }
}

#[tokio::test]
async fn a_page_is_a_part_of_the_list() {
    let service = three().await;
    let (_, answer) = service.get(&format!("{PATH}?limit=1&offset=1")).await;
    assert_eq!(contents(&answer), ["Has a dog"]);
    assert_eq!(
        (&answer["total_count"], &answer["limit"], &answer["offset"]),
        (&json!(3), &json!(1), &json!(1))
    );
    let (_, answer) = service.get(&format!("{PATH}?offset=9")).await;
    assert!(contents(&answer).is_empty());
}

#[tokio::test]
async fn unknown_orders_and_limits_are_rejected() {
    let service = three().await;
    for query in [
        "sort_by=colour",
        "order=up",
        "limit=0",
        "limit=many",
        "offset=-1",
        "limit=1001",
    ] {
        let (status, answer) = service.get(&format!("{PATH}?{query}")).await;
        assert_eq!(
            (status, &answer["error"]["code"]),
            (StatusCode::BAD_REQUEST, &json!("INVALID_REQUEST")),
            "{query}"
        );
    }
}

#[tokio::test]
async fn callers_with_any_characters_can_be_named_in_a_path() {
    let service = Service::start().await;
    for (caller, path) in [
        ("+1555/7*", "%2B1555%2F7%2A"),
        ("user:a b%", "user:a%20b%25"),
        ("año", "a%C3%B1o"),
    ] {
        let stored = service.store(caller, "Has a dog").await;
        let (status, answer) = service
            .get(&format!("/api/v1/agents/support/callers/{path}/memories"))
            .await;
        assert_eq!(
            (status, id(&answer["memories"][0])),
            (StatusCode::OK, id(&stored))
        );
        let (_, answer) = service.delete(&format!("/api/v1/callers/{path}")).await;
        assert_eq!(
            (&answer["caller_id"], &answer["memories_deleted"]),
            (&json!(caller), &json!(1))
        );
    }
}

#[tokio::test]
async fn the_memories_of_all_agents_form_one_list() {
    let service = three().await;
    let (status, answer) = service
        .get("/api/v1/callers/+12025550101/memories?limit=3")
        .await;
    assert_eq!(
        (status, &answer["total_count"]),
        (StatusCode::OK, &json!(4))
    );
    assert_eq!(contents(&answer)[0], "Plays chess");
    let (_, rest) = service
        .get("/api/v1/callers/+12025550101/memories?limit=3&offset=3")
        .await;
    assert_eq!(contents(&rest), ["Owns a boat"]);
    let (_, nobody) = service.get("/api/v1/callers/+12025550109/memories").await;
    assert_eq!(nobody["total_count"], 0);
}
