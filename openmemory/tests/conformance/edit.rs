//! Edits of single memories (extension `edit-memory`).

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::service::{ALICE, Service, id, memory_with};

fn path(id: &str) -> String {
    format!("/api/v1/memories/{id}")
}

/// Stores a memory with metadata and returns its id.
async fn stored(service: &Service) -> String {
    let metadata = json!({
        "category": "factual", "importance": 5, "tags": ["dog"],
        "timestamp": "2025-01-15T10:00:00Z",
    });
    let memory = memory_with(ALICE, "Has a dog", json!({ "metadata": metadata }));
    id(&service.post("/api/v1/memories", memory).await)
}

/// Edits a memory and expects success. Returns the memory in the answer.
async fn edit(service: &Service, id: &str, body: Value) -> Value {
    let (status, answer) = service.send(Method::PATCH, &path(id), &body).await;
    assert_eq!(status, StatusCode::OK, "{body} -> {answer}");
    assert_eq!(answer["status"], "success");
    answer["memory"].clone()
}

async fn contents(service: &Service, query: &str) -> Vec<String> {
    let answer = service
        .get(&format!("/api/v1/callers/{ALICE}/memories?{query}"))
        .await
        .1;
    let memories = answer["memories"].as_array().unwrap().clone();
    memories
        .iter()
        .map(|memory| memory["content"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn an_edit_changes_what_it_names_and_answers_the_memory() {
    let service = Service::start().await;
    let dog = stored(&service).await;
    let before = service.search(ALICE, "").await[0].clone();
    let more = json!({ "pinned": true, "tags": null, "note": { "by": "Mira" } });
    let body = json!({ "importance": 9, "category": "preference", "metadata": more });
    let edited = edit(&service, &dog, body).await;
    let mut expected = before.clone();
    expected["importance"] = json!(9);
    expected["metadata"] = json!({
        "agent_id": "support", "caller_id": ALICE, "reinforcement_count": 1,
        "category": "preference", "importance": 9, "timestamp": "2025-01-15T10:00:00Z",
        "pinned": true, "note": { "by": "Mira" },
    });
    assert_eq!(edited, expected, "content, times and counts stay");
    assert_eq!(service.search(ALICE, "").await, [edited]);
}

#[tokio::test]
async fn an_edit_of_one_field_keeps_the_others() {
    let service = Service::start().await;
    let dog = stored(&service).await;
    let edited = edit(&service, &dog, json!({ "importance": 7.0 })).await;
    assert_eq!(
        (&edited["importance"], &edited["metadata"]["category"]),
        (&json!(7), &json!("factual"))
    );
    let edited = edit(&service, &dog, json!({ "category": "issue" })).await;
    assert_eq!(
        (&edited["importance"], &edited["metadata"]["category"]),
        (&json!(7), &json!("issue"))
    );
    let edited = edit(&service, &dog, json!({ "metadata": { "importance": 2 } })).await;
    assert_eq!(edited["importance"], 2, "the metadata may name it too");
    let edited = edit(&service, &dog, json!({ "metadata": { "pinned": true } })).await;
    assert_eq!(edited["metadata"]["pinned"], true);
    let edited = edit(&service, &dog, json!({ "metadata": { "pinned": false } })).await;
    assert_eq!(edited["metadata"]["pinned"], false);
}

#[tokio::test]
async fn searches_and_lists_use_the_edited_values() {
    let service = Service::start().await;
    let dog = stored(&service).await;
    service.store(ALICE, "Plays chess").await;
    edit(&service, &dog, json!({ "importance": 9 })).await;
    assert_eq!(contents(&service, "").await, ["Has a dog", "Plays chess"]);
    edit(
        &service,
        &dog,
        json!({ "importance": 1, "category": "issue" }),
    )
    .await;
    assert_eq!(contents(&service, "").await, ["Plays chess", "Has a dog"]);
    let body = json!({ "caller_id": ALICE, "filters": { "categories": ["issue"] } });
    let found = service.post("/api/v1/memories/search", body).await;
    assert_eq!(found["total_count"], 1);
    edit(
        &service,
        &dog,
        json!({ "metadata": { "search_hints": ["Rottweiler"] } }),
    )
    .await;
    assert_eq!(service.found(ALICE, "rottweiler").await[0], "Has a dog");
}

#[tokio::test]
async fn an_edited_timestamp_moves_the_memory_in_time() {
    let service = Service::start().await;
    let dog = stored(&service).await;
    let count = async |end: &str| {
        let filters = json!({ "date_range": { "end": end } });
        let body = json!({ "caller_id": ALICE, "filters": filters });
        service.post("/api/v1/memories/search", body).await["total_count"].clone()
    };
    assert_eq!(count("2025-01-15").await, 1);
    edit(
        &service,
        &dog,
        json!({ "metadata": { "timestamp": "2025-01-20" } }),
    )
    .await;
    assert_eq!(
        (count("2025-01-15").await, count("2025-01-20").await),
        (json!(0), json!(1))
    );
    edit(&service, &dog, json!({ "metadata": { "timestamp": null } })).await;
    assert_eq!(count("2025-01-20").await, 0, "it counts from its creation");
}

#[tokio::test]
async fn an_edit_is_no_reinforcement_and_a_repetition_still_reinforces() {
    let service = Service::start().await;
    let dog = stored(&service).await;
    let edited = edit(&service, &dog, json!({ "importance": 9 })).await;
    assert_eq!(edited["metadata"]["reinforcement_count"], 1);
    assert!(edited["updated_at"].is_null());
    let repeated = service.store(ALICE, "Has a dog").await;
    assert_eq!(
        (&repeated["action"], id(&repeated)),
        (&json!("reinforced"), dog)
    );
    let memory = &service.search(ALICE, "").await[0];
    assert_eq!(
        (&memory["importance"], &memory["metadata"]["category"]),
        (&json!(9), &json!("factual"))
    );
}

#[tokio::test]
async fn a_superseded_memory_can_be_edited_and_stays_superseded() {
    let service = Service::start().await;
    let dog = stored(&service).await;
    let successor = memory_with(ALICE, "Has a cat", json!({ "supersedes": dog }));
    service.post("/api/v1/memories", successor).await;
    let edited = edit(&service, &dog, json!({ "metadata": { "note": "checked" } })).await;
    assert!(edited["superseded_at"].is_string());
    assert_eq!(contents(&service, "").await, ["Has a cat"]);
    assert_eq!(contents(&service, "superseded=true").await, ["Has a dog"]);
}

#[tokio::test]
async fn an_edit_survives_a_restart_and_an_export() {
    let service = Service::start().await;
    let dog = stored(&service).await;
    edit(
        &service,
        &dog,
        json!({ "importance": 9, "metadata": { "pinned": true } }),
    )
    .await;
    let service = service.restart().await;
    let exported = service.get("/api/v1/export").await.1["memories"][0].clone();
    assert_eq!(
        (&exported["importance"], &exported["metadata"]["pinned"]),
        (&json!(9), &json!(true))
    );
}

#[tokio::test]
async fn a_memory_that_does_not_exist_cannot_be_edited() {
    let service = Service::start().await;
    let dog = stored(&service).await;
    service.delete(&path(&dog)).await;
    let past = json!({ "expires_at": "2020-01-01T00:00:00Z" });
    let boat = memory_with(ALICE, "Has a boat", past);
    let expired = id(&service.post("/api/v1/memories", boat).await);
    for id in [dog.as_str(), expired.as_str(), "mem_unknown", "a%00b"] {
        let body = json!({ "importance": 9 });
        let (status, answer) = service.send(Method::PATCH, &path(id), &body).await;
        assert_eq!(
            (status, &answer["error"]["code"]),
            (StatusCode::NOT_FOUND, &json!("NOT_FOUND")),
            "{id}"
        );
    }
}

#[tokio::test]
async fn invalid_edits_are_rejected_and_change_nothing() {
    let service = Service::start().await;
    let dog = stored(&service).await;
    let before = service.search(ALICE, "").await;
    for (body, field) in [
        (json!({}), "body"),
        (json!({ "metadata": {} }), "body"),
        (json!({ "importance": 0 }), "importance"),
        (json!({ "importance": 11 }), "importance"),
        (json!({ "importance": 5.5 }), "importance"),
        (json!({ "importance": "9" }), "importance"),
        (json!({ "category": 1 }), "category"),
        (json!({ "metadata": [] }), "metadata"),
        (
            json!({ "metadata": { "category": 1 } }),
            "metadata.category",
        ),
        (json!({ "metadata": { "tags": "dog" } }), "metadata.tags"),
        (
            json!({ "metadata": { "importance": 11 } }),
            "metadata.importance",
        ),
        (
            json!({ "metadata": { "timestamp": "soon" } }),
            "metadata.timestamp",
        ),
        (
            json!({ "content": "Has a cat", "importance": 9 }),
            "content",
        ),
    ] {
        let (status, answer) = service.send(Method::PATCH, &path(&dog), &body).await;
        assert_eq!(
            (status, &answer["error"]["details"]["field"]),
            (StatusCode::BAD_REQUEST, &json!(field)),
            "{body} -> {answer}"
        );
    }
    assert_eq!(service.search(ALICE, "").await, before);
}

#[tokio::test]
async fn a_pinned_memory_is_never_evicted() {
    let service = Service::with(|settings| settings.with_max_memories_per_agent(2)).await;
    let dog = stored(&service).await;
    edit(
        &service,
        &dog,
        json!({ "importance": 1, "metadata": { "pinned": true } }),
    )
    .await;
    // Only the key itself pins a memory, not a text that looks like it.
    let text = json!({ "metadata": { "note": "\"pinned\":true" }, "importance": 2 });
    let memory = memory_with(ALICE, "Owns a boat", text);
    let boat = id(&service.post("/api/v1/memories", memory).await);
    let third = service.store(ALICE, "Plays chess").await;
    assert_eq!(third["evicted"], json!([boat]));
    let pinned = json!({ "metadata": { "pinned": true } });
    let hats = memory_with(ALICE, "Sells hats", pinned);
    let fourth = service.post("/api/v1/memories", hats).await;
    assert_eq!(fourth["evicted"], json!([id(&third)]));
    let fifth = service.store(ALICE, "Lives in Boston").await;
    assert_eq!(
        fifth["evicted"],
        json!(null),
        "only pinned memories and the newest are left"
    );
    edit(&service, &dog, json!({ "metadata": { "pinned": null } })).await;
    let sixth = service.store(ALICE, "Speaks Dutch").await;
    assert_eq!(sixth["evicted"], json!([dog, id(&fifth)]));
}
