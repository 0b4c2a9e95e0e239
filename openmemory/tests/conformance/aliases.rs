//! Callers who are stored under an older spelling of their id (extension `caller-aliases`).

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::service::{BOB, Service, id, memory, memory_with};

const OLD: &str = "442071838750";
const NEW: &str = "+442071838750";
const IN_PATH: &str = "%2B442071838750";

fn aliases() -> Value {
    json!([OLD, "00442071838750", NEW])
}

async fn search(service: &Service, caller: &str, query: &str, aliases: Value) -> Vec<Value> {
    let body =
        json!({ "caller_id": caller, "caller_aliases": aliases, "query": query, "limit": 100 });
    service.post("/api/v1/memories/search", body).await["memories"]
        .as_array()
        .unwrap()
        .clone()
}

fn card(caller: &str, greeting: &str, more: Value) -> Value {
    let mut body = json!({ "agent_id": "support", "caller_id": caller, "profile_data": { "greeting": greeting } });
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    body
}

async fn contents(service: &Service, caller: &str) -> Vec<String> {
    let (_, export) = service.get("/api/v1/export").await;
    let memories = export["memories"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["caller_id"] == caller);
    memories
        .map(|one| one["content"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn searches_and_lists_include_memories_under_older_ids_and_show_the_current_id() {
    let service = Service::start().await;
    service.store(OLD, "Has a dog").await;
    service.store(NEW, "Plays chess").await;
    service.store(BOB, "Has a dog").await;
    for query in ["", "dog"] {
        let found = search(&service, NEW, query, aliases()).await;
        assert!(
            found.iter().any(|memory| memory["content"] == "Has a dog"),
            "{query:?}"
        );
        assert!(
            found
                .iter()
                .all(|memory| memory["metadata"]["caller_id"] == NEW),
            "{query:?}"
        );
        let without = search(&service, NEW, query, json!(null)).await;
        assert!(
            without
                .iter()
                .all(|memory| memory["content"] != "Has a dog"),
            "{query:?}"
        );
    }
    for path in ["callers", "agents/support/callers"] {
        let (_, list) = service
            .get(&format!(
                "/api/v1/{path}/{IN_PATH}/memories?caller_aliases={OLD}&limit=9"
            ))
            .await;
        assert_eq!(
            (
                &list["total_count"],
                list["memories"].as_array().unwrap().len()
            ),
            (&json!(2), 2)
        );
        assert_eq!(list["memories"][1]["metadata"]["caller_id"], NEW);
    }
}

#[tokio::test]
async fn the_most_recently_written_profile_is_returned() {
    let service = Service::start().await;
    service
        .post("/api/v1/agents", card(OLD, "old", json!({})))
        .await;
    service.store(OLD, "Has a dog").await;
    let path = format!(
        "/api/v1/agents/support/callers/{IN_PATH}?caller_aliases=00442071838750&caller_aliases={OLD}"
    );
    let (status, got) = service.get(&path).await;
    assert_eq!(
        (status, &got["profile_data"]["greeting"], &got["caller_id"]),
        (StatusCode::OK, &json!("old"), &json!(NEW))
    );
    assert_eq!(got["memory_count"], 1);
    service
        .post("/api/v1/agents", card(NEW, "new", json!({})))
        .await;
    assert_eq!(
        service.get(&path).await.1["profile_data"]["greeting"],
        "new"
    );
    service
        .post("/api/v1/agents", card(OLD, "newest", json!({})))
        .await;
    assert_eq!(
        service.get(&path).await.1["profile_data"]["greeting"],
        "newest"
    );
}

#[tokio::test]
async fn a_write_moves_memories_from_older_ids_to_the_current_one() {
    let service = Service::with(|settings| settings.with_max_memories_per_agent(2)).await;
    let old = id(&service.store(OLD, "Lives in Boston").await);
    service
        .post(
            "/api/v1/memories",
            memory_with(OLD, "Has a dog", json!({ "idempotency_key": "k" })),
        )
        .await;
    service.store(BOB, "Has a dog").await;
    let with = |content: &str, more: Value| {
        let mut memory = memory_with(NEW, content, more);
        memory["caller_aliases"] = aliases();
        memory
    };
    let results = service
        .batch(vec![
            with("The caller has a dog.", json!({})),
            with("Lives in Denver", json!({ "supersedes": old })),
            with("Has a dog", json!({ "idempotency_key": "k" })),
            with("Plays chess", json!({ "importance": 9 })),
        ])
        .await;
    let actions: Vec<&Value> = results.iter().map(|result| &result["action"]).collect();
    assert_eq!(actions, ["reinforced", "superseded", "stored", "stored"]);
    assert_eq!(
        results[2]["memory_id"], results[0]["memory_id"],
        "the key had come before, under the older id"
    );
    assert_eq!(
        results[3]["evicted"].as_array().unwrap().len(),
        1,
        "the limit sees one caller"
    );
    assert!(contents(&service, OLD).await.is_empty());
    assert_eq!(service.search(NEW, "").await.len(), 2);
    assert_eq!(service.found(BOB, "").await, ["Has a dog"]);
    let single = with("Owns a boat", json!({}));
    service.store(OLD, "Sells hats").await;
    service.post("/api/v1/memories", single).await;
    assert!(contents(&service, OLD).await.is_empty());
}

#[tokio::test]
async fn writing_a_profile_moves_everything_and_keeps_the_newer_profile() {
    let service = Service::start().await;
    service.store(OLD, "Has a dog").await;
    for (agent, first, second) in [("one", OLD, NEW), ("two", NEW, OLD)] {
        for (caller, greeting) in [(first, "earlier"), (second, "later")] {
            service
                .post(
                    "/api/v1/agents",
                    card(caller, greeting, json!({ "agent_id": agent })),
                )
                .await;
        }
    }
    service
        .post(
            "/api/v1/agents",
            card(NEW, "third", json!({ "caller_aliases": [OLD] })),
        )
        .await;
    let (_, export) = service.get("/api/v1/export").await;
    assert!(!export.to_string().contains(&format!("\"{OLD}\"")));
    for (agent, greeting) in [("one", "later"), ("two", "later"), ("support", "third")] {
        let (_, got) = service
            .get(&format!("/api/v1/agents/{agent}/callers/{IN_PATH}"))
            .await;
        assert_eq!(got["profile_data"]["greeting"], greeting, "{agent}");
    }
    assert_eq!(service.found(NEW, "").await, ["Has a dog"]);
}

/// A job delivered before and after an upgrade has one key under two caller ids.
#[tokio::test]
async fn the_receipt_under_the_current_id_wins() {
    let service = Service::start().await;
    service
        .post_once("/api/v1/memories", "k", &memory(OLD, "Has a dog"))
        .await;
    let current = service
        .post_once("/api/v1/memories", "k", &memory(NEW, "Has a dog"))
        .await;
    service
        .post(
            "/api/v1/memories",
            memory_with(NEW, "Plays chess", json!({ "caller_aliases": [OLD] })),
        )
        .await;
    let again = service
        .post_once("/api/v1/memories", "k", &memory(NEW, "Has a dog"))
        .await;
    assert_eq!(again, current);
    let (_, export) = service.get("/api/v1/export").await;
    assert_eq!(
        export["idempotency_keys"].as_array().unwrap().len(),
        1,
        "{export}"
    );
}

#[tokio::test]
async fn an_expired_profile_is_replaced_by_a_valid_one() {
    let service = Service::start().await;
    service
        .post(
            "/api/v1/agents",
            card(OLD, "holds", json!({ "agent_id": "two" })),
        )
        .await;
    service
        .post(
            "/api/v1/agents",
            card(
                NEW,
                "brief",
                json!({ "agent_id": "two", "ttl_hours": 0.000_001 }),
            ),
        )
        .await;
    tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    let path = format!("/api/v1/agents/two/callers/{IN_PATH}?caller_aliases={OLD}");
    assert_eq!(
        service.get(&path).await.1["profile_data"]["greeting"],
        "holds"
    );
    service
        .post(
            "/api/v1/memories",
            memory_with(NEW, "Has a dog", json!({ "caller_aliases": [OLD] })),
        )
        .await;
    let (_, got) = service
        .get(&format!("/api/v1/agents/two/callers/{IN_PATH}"))
        .await;
    assert_eq!(got["profile_data"]["greeting"], "holds");
}

#[tokio::test]
async fn forgetting_a_caller_also_forgets_the_named_older_ids() {
    let service = Service::start().await;
    service.store(OLD, "Has a dog").await;
    service.store(NEW, "Plays chess").await;
    service
        .post("/api/v1/agents", card(OLD, "hello", json!({})))
        .await;
    service.store(BOB, "Has a dog").await;
    let (status, answer) = service
        .delete(&format!("/api/v1/callers/{IN_PATH}?caller_aliases={OLD}"))
        .await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        (&answer["memories_deleted"], &answer["profiles_deleted"]),
        (&json!(2), &json!(1))
    );
    let (_, export) = service.get("/api/v1/export").await;
    assert!(!export.to_string().contains("442071838750"));
    assert_eq!(service.search(BOB, "").await.len(), 1);
}

#[tokio::test]
async fn a_repeated_key_may_come_with_other_aliases_expiry_and_channel() {
    let service = Service::start().await;
    let first = memory_with(NEW, "Has a dog", json!({ "idempotency_key": "k" }));
    let stored = service.post("/api/v1/memories", first).await;
    let later = json!({
        "idempotency_key": "k", "caller_aliases": [OLD], "expires_at": "2999-01-01T00:00:00Z",
    });
    assert_eq!(
        service
            .post("/api/v1/memories", memory_with(NEW, "Has a dog", later))
            .await,
        stored
    );
}

#[tokio::test]
async fn too_many_or_invalid_aliases_are_rejected() {
    let service = Service::start().await;
    for wrong in [
        json!(["*"]),
        json!([""]),
        json!(["\u{200b}"]),
        json!([1]),
        json!("44"),
        json!(["1", "2", "3", "4", "5"]),
    ] {
        for (path, body) in [
            ("/api/v1/memories", memory(NEW, "Has a dog")),
            ("/api/v1/memories/search", json!({ "caller_id": NEW })),
            ("/api/v1/agents", card(NEW, "hello", json!({}))),
        ] {
            let mut body = body;
            body["caller_aliases"] = wrong.clone();
            let answer = service.rejected(path, body).await;
            assert_eq!(
                answer["error"]["details"]["field"], "caller_aliases",
                "{path} {wrong}"
            );
        }
    }
    let (status, _) = service
        .get(&format!(
            "/api/v1/callers/{IN_PATH}/memories?caller_aliases=*"
        ))
        .await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    service
        .rejected(
            "/api/v1/agents",
            card("*", "hello", json!({ "caller_aliases": [OLD] })),
        )
        .await;
    let (_, health) = service.get("/health").await;
    assert!(
        health["extensions"]
            .as_array()
            .unwrap()
            .contains(&json!("caller-aliases"))
    );
}
