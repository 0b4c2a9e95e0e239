use serde_json::{Value, json};

use crate::service::{ALICE, BOB, Service, memory_with};

const ORDER: &str = r#"The caller said: "I want to order product XYZ-789""#;

fn relevance(memory: &Value) -> f64 {
    memory["relevance_score"].as_f64().unwrap()
}

#[tokio::test]
async fn the_best_answer_comes_first() {
    let service = Service::start().await;
    service.store(ALICE, ORDER).await;
    service.store(ALICE, "I prefer express shipping").await;
    service
        .store(ALICE, "The shipping of the blue lamp was late")
        .await;
    let found = service.search(ALICE, "order").await;
    assert_eq!((found.len(), &found[0]["content"]), (1, &json!(ORDER)));
    assert!(relevance(&found[0]) >= 0.85);
    assert_eq!(
        service.found(ALICE, "What was late about the lamp?").await[0],
        "The shipping of the blue lamp was late"
    );
    let half = service.search(ALICE, "order lampshade").await;
    assert!((0.4..=0.6).contains(&relevance(&half[0])));
    assert!(service.found(ALICE, "dentist").await.is_empty());
}

#[tokio::test]
async fn equal_matches_are_sorted_by_importance_then_by_newest() {
    let service = Service::start().await;
    for (content, importance) in [("Lamp one", 5), ("Lamp two", 5), ("Lamp three", 9)] {
        service
            .post(
                "/api/v1/memories",
                memory_with(ALICE, content, json!({ "importance": importance })),
            )
            .await;
    }
    assert_eq!(
        service.found(ALICE, "lamp").await,
        ["Lamp three", "Lamp two", "Lamp one"]
    );
    let listed = service.search(ALICE, "").await;
    assert_eq!(listed[0]["content"], "Lamp three");
    assert_eq!(relevance(&listed[0]), 1.0);
}

#[tokio::test]
async fn a_search_without_an_agent_covers_all_agents() {
    let service = Service::start().await;
    service.store(ALICE, "Has a dog").await;
    service
        .post(
            "/api/v1/memories",
            memory_with(
                ALICE,
                "Has a red dog basket",
                json!({ "agent_id": "sales" }),
            ),
        )
        .await;
    assert_eq!(service.found(ALICE, "dog").await.len(), 2);
    let body = json!({ "caller_id": ALICE, "agent_id": "sales", "query": "dog" });
    let answer = service.post("/api/v1/memories/search", body).await;
    assert_eq!(answer["total_count"], 1);
    assert_eq!(answer["memories"][0]["metadata"]["agent_id"], "sales");
    assert_eq!(answer["query"], "dog");
    assert!(answer["search_time_ms"].as_f64().unwrap() >= 0.0);
}

#[tokio::test]
async fn filters_and_limits_apply() {
    let service = Service::start().await;
    for (content, importance, category, time) in [
        ("Lamp one", 9, "order", "2025-01-10T10:00:00Z"),
        ("Lamp two", 8, "preference", "2025-01-15T10:00:00+02:00"),
        ("Lamp three", 3, "preference", "2025-01-16T00:00:00Z"),
    ] {
        let metadata = json!({ "category": category, "timestamp": time });
        let more = json!({ "importance": importance, "metadata": metadata });
        service
            .post("/api/v1/memories", memory_with(ALICE, content, more))
            .await;
    }
    let found = async |more: Value| {
        let mut body = json!({ "caller_id": ALICE, "query": "lamp" });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        let answer = service.post("/api/v1/memories/search", body).await;
        let contents: Vec<String> = answer["memories"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["content"].as_str().unwrap().to_owned())
            .collect();
        (contents, answer["total_count"].as_u64().unwrap())
    };
    assert_eq!(
        found(json!({ "filters": { "min_importance": 8 } })).await.0,
        ["Lamp one", "Lamp two"]
    );
    assert_eq!(
        found(json!({ "filters": { "categories": ["preference"] } }))
            .await
            .0,
        ["Lamp two", "Lamp three"]
    );
    let range = json!({ "start": "2025-01-11T00:00:00Z", "end": "2025-01-15" });
    assert_eq!(
        found(json!({ "filters": { "date_range": range } })).await.0,
        ["Lamp two"]
    );
    assert_eq!(
        found(json!({ "limit": 1 })).await,
        (vec!["Lamp one".to_owned()], 3)
    );
    assert_eq!(
        found(json!({ "query": "lamp shade", "min_relevance": 0.7 }))
            .await
            .1,
        0
    );
    assert_eq!(
        found(json!({ "filters": null, "agent_id": null, "limit": null }))
            .await
            .1,
        3
    );
}

#[tokio::test]
async fn tags_hints_and_codes_are_found() {
    let service = Service::start().await;
    let metadata =
        json!({ "tags": ["delivery"], "search_hints": ["courier"], "entities": ["Lisbon"] });
    service
        .post(
            "/api/v1/memories",
            memory_with(
                ALICE,
                "Prefers express shipping",
                json!({ "metadata": metadata }),
            ),
        )
        .await;
    for word in ["delivery", "courier", "lisbon"] {
        let found = service.search(ALICE, word).await;
        assert!(
            relevance(&found[0]) >= 0.7 && relevance(&found[0]) < 0.85,
            "{word}"
        );
    }
    service.store(ALICE, "Order HO-7712 is late").await;
    for question in [
        "HO-7712",
        "ho 7712",
        "HO7712",
        "7712",
        "Where is order HO-7712?",
    ] {
        assert_eq!(
            service.found(ALICE, question).await[0],
            "Order HO-7712 is late",
            "{question}"
        );
    }
    assert!(service.found(BOB, "HO-7712").await.is_empty());
}

#[tokio::test]
async fn a_search_explains_its_order_on_request() {
    let service = Service::start().await;
    service.store(ALICE, "Ordered a blue lamp").await;
    service.store(ALICE, "Has a dog").await;
    let body = json!({
        "caller_id": ALICE, "query": "blue lamp", "min_relevance": 0.0, "explain": true
    });
    let answer = service.post("/api/v1/memories/search", body).await;
    let scores: Vec<&Value> = answer["memories"]
        .as_array()
        .unwrap()
        .iter()
        .map(|memory| &memory["score"])
        .collect();
    let part = |score: &Value, name: &str| score[name].as_f64().unwrap();
    assert!(part(scores[0], "words") > part(scores[1], "words"));
    assert!(part(scores[0], "total") > part(scores[1], "total"));
    for score in scores {
        let sum: f64 = score
            .as_object()
            .unwrap()
            .iter()
            .filter(|(name, _)| *name != "total")
            .map(|(_, part)| part.as_f64().unwrap())
            .sum();
        assert!((sum - part(score, "total")).abs() < 1e-9, "{score}");
    }
}

#[tokio::test]
async fn a_search_without_the_request_explains_nothing() {
    let service = Service::start().await;
    service.store(ALICE, "Has a dog").await;
    assert!(service.search(ALICE, "dog").await[0].get("score").is_none());
}
