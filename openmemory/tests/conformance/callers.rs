//! The list of callers (extension `list-callers`).

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::database::Database;
use crate::service::{ALICE, BOB, Service, id, memory_with};

/// Stores a caller card.
async fn card(service: &Service, agent: &str, caller: &str, data: Value) {
    let body = json!({ "agent_id": agent, "caller_id": caller, "profile_data": data });
    service.post("/api/v1/agents", body).await;
}

/// Reads all pages of a list. Each has at most `limit` callers.
async fn pages(service: &Service, limit: usize, query: &str) -> Vec<Value> {
    let mut callers = Vec::new();
    let mut after = String::new();
    loop {
        let path = format!("/api/v1/callers?limit={limit}{query}{after}");
        let (status, answer) = service.get(&path).await;
        assert_eq!((status, &answer["limit"]), (StatusCode::OK, &json!(limit)));
        let page = answer["callers"].as_array().unwrap();
        assert!(page.len() <= limit, "{answer}");
        callers.extend(page.iter().cloned());
        let Some(next) = answer["next"].as_str() else {
            return callers;
        };
        after = format!("&after={}", encoded(next));
    }
}

/// The ids of the callers that match a text, sorted.
async fn matching(service: &Service, text: &str) -> Vec<String> {
    let query = format!("&q={}", encoded(text));
    let callers = pages(service, 50, &query).await;
    let mut ids: Vec<String> = callers.iter().map(caller_id).collect();
    ids.sort();
    ids
}

fn caller_id(caller: &Value) -> String {
    caller["caller_id"].as_str().unwrap().to_owned()
}

/// Percent-encodes a query parameter.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn a_list_tells_memories_names_and_when_each_caller_was_last_seen() {
    let service = Service::start().await;
    service.store(ALICE, "Has a dog").await;
    let old = id(&service.store(ALICE, "Lives in Boston").await);
    let more = json!({ "supersedes": old, "agent_id": "sales" });
    let moved = memory_with(ALICE, "Lives in Denver", more);
    let newest = service.post("/api/v1/memories", moved).await;
    for (agent, name, last_call) in [
        ("support", "Alice", "2025-01-15T10:00:00Z"),
        ("sales", "Alice Smith", "2024-01-15T10:00:00Z"),
        ("other", "Alice", "2020-01-15T10:00:00Z"),
    ] {
        let data = json!({ "caller_name": name, "last_call_at": last_call,
            "channels": ["phone", agent] });
        card(&service, agent, ALICE, data).await;
    }
    let bobs = json!({ "last_call_at": "2025-02-15T10:00:00Z" });
    card(&service, "support", BOB, bobs).await;
    let mut callers = pages(&service, 50, "").await;
    callers.sort_by_key(caller_id);
    let [alice, bob] = &callers[..] else {
        panic!("two callers: {callers:?}")
    };
    assert_eq!(
        (&alice["caller_id"], &alice["memories"]),
        (&json!(ALICE), &json!(2))
    );
    let mut names: Vec<&str> = alice["names"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["Alice", "Alice Smith"]);
    let mut channels: Vec<&str> = alice["channels"]
        .as_array()
        .unwrap()
        .iter()
        .map(|channel| channel.as_str().unwrap())
        .collect();
    channels.sort_unstable();
    assert_eq!(channels, ["other", "phone", "sales", "support"]);
    assert_eq!(alice["last_seen"], newest["created_at"]);
    let expected = json!({
        "caller_id": BOB, "memories": 0, "last_seen": "2025-02-15T10:00:00Z", "names": [],
        "channels": [],
    });
    assert_eq!(bob, &expected);
}

#[tokio::test]
async fn callers_without_active_memories_and_profiles_are_not_listed() {
    let service = Service::start().await;
    let dog = id(&service.store(ALICE, "Has a dog").await);
    service.delete(&format!("/api/v1/memories/{dog}")).await;
    card(&service, "support", "*", json!({ "name": "Support" })).await;
    let short = json!({
        "agent_id": "support", "caller_id": BOB, "profile_data": {}, "ttl_hours": 0.000_001,
    });
    service.post("/api/v1/agents", short).await;
    tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    assert!(pages(&service, 50, "").await.is_empty());
    service.store(BOB, "Has a dog").await;
    assert_eq!(matching(&service, "").await, [BOB]);
    service.delete(&format!("/api/v1/callers/{BOB}")).await;
    assert!(pages(&service, 50, "").await.is_empty());
}

#[tokio::test]
async fn pages_follow_one_another_without_gaps_and_repetitions() {
    let service = Service::start().await;
    let mut expected: Vec<String> = (0..7).map(|at| format!("+120255501{at:02}")).collect();
    expected.extend(["Zoë".to_owned(), "ano".to_owned(), "año".to_owned()]);
    for caller in &expected {
        service.store(caller, "Has a dog").await;
        service.store(caller, "Plays chess").await;
        card(&service, "support", caller, json!({})).await;
    }
    card(&service, "support", "+12025550200", json!({})).await;
    expected.push("+12025550200".to_owned());
    expected.sort();
    for limit in [1, 3, 10, 11, 50] {
        let mut ids: Vec<String> = pages(&service, limit, "")
            .await
            .iter()
            .map(caller_id)
            .collect();
        if Database::is_dynamodb() {
            ids.sort();
        }
        assert_eq!(ids, expected, "{limit}");
    }
}

#[tokio::test]
async fn a_page_continues_after_a_caller_that_was_forgotten() {
    if Database::is_dynamodb() {
        // An emulator looks for the item at which a scan continues; DynamoDB does not.
        return;
    }
    let service = Service::start().await;
    for caller in [ALICE, BOB, "+12025550103"] {
        service.store(caller, "Has a dog").await;
    }
    let (_, first) = service.get("/api/v1/callers?limit=2").await;
    service.delete(&format!("/api/v1/callers/{BOB}")).await;
    let after = encoded(first["next"].as_str().unwrap());
    let (_, second) = service.get(&format!("/api/v1/callers?after={after}")).await;
    assert_eq!(second["callers"][0]["caller_id"], "+12025550103");
    assert_eq!(second["next"], json!(null));
}

#[tokio::test]
async fn a_text_finds_the_beginning_of_an_id_or_a_part_of_a_name() {
    let service = Service::start().await;
    for caller in [ALICE, BOB, "+442071838750", "user:dana"] {
        service.store(caller, "Has a dog").await;
    }
    card(
        &service,
        "support",
        BOB,
        json!({ "caller_name": "Zoë Ångström" }),
    )
    .await;
    card(
        &service,
        "sales",
        "+442071838750",
        json!({ "caller_name": "Dana" }),
    )
    .await;
    card(
        &service,
        "sales",
        ALICE,
        json!({ "caller_name": 7, "greeting": "Hello Zoë" }),
    )
    .await;
    for (text, expected) in [
        ("+1202", &[ALICE, BOB][..]),
        ("+12025550101", &[ALICE]),
        (" +44 ", &["+442071838750"]),
        ("user:", &["user:dana"]),
        ("zoë", &[BOB]),
        ("ÅNGSTRÖM", &[BOB]),
        ("dana", &["+442071838750"]),
        ("2025550101", &[]),
        ("%", &[]),
        ("_", &[]),
        ("*", &[]),
    ] {
        assert_eq!(matching(&service, text).await, expected, "{text:?}");
    }
}

#[tokio::test]
async fn pages_of_a_search_mix_ids_and_names() {
    let service = Service::start().await;
    let mut expected = Vec::new();
    for at in 0..12 {
        let number = format!("+120255501{at:02}");
        service.store(&number, "Has a dog").await;
        if at % 3 == 0 {
            card(
                &service,
                "support",
                &number,
                json!({ "caller_name": "Mrs Dana" }),
            )
            .await;
            expected.push(number);
        }
        service.store(&format!("dana-{at:02}"), "Has a dog").await;
        expected.push(format!("dana-{at:02}"));
    }
    expected.sort();
    for limit in [1, 5, 16] {
        let mut ids: Vec<String> = pages(&service, limit, "&q=dana")
            .await
            .iter()
            .map(caller_id)
            .collect();
        ids.sort();
        assert_eq!(ids, expected, "{limit}");
    }
}

#[tokio::test]
async fn invalid_queries_are_rejected() {
    let service = Service::start().await;
    let long_text = format!("q={}", "x".repeat(257));
    let long_cursor = format!("after={}", "x".repeat(257));
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=many", "limit"),
        ("q=a%00b", "q"),
        ("after=a%0Ab", "after"),
        (long_text.as_str(), "q"),
        (long_cursor.as_str(), "after"),
    ] {
        let (status, answer) = service.get(&format!("/api/v1/callers?{query}")).await;
        assert_eq!(
            (status, &answer["error"]["details"]["field"]),
            (StatusCode::BAD_REQUEST, &json!(field)),
            "{query}"
        );
    }
}
