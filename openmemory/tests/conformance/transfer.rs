use serde_json::{Value, json};

use crate::service::{ALICE, Service, id, memory, memory_with};

async fn filled() -> Service {
    let service = Service::start().await;
    fill(&service).await;
    service
}

/// Stores two memories and one that was superseded, and a caller card.
pub(crate) async fn fill(service: &Service) {
    let old = id(&service
        .post_once("/api/v1/memories", "k", &memory(ALICE, "Lives in Boston"))
        .await);
    let metadata = json!({ "timestamp": "2024-12-24T18:00:00+01:00", "tags": ["home"], "n": 1.5 });
    let more = json!({ "supersedes": old, "metadata": metadata, "importance": 9 });
    service
        .batch(vec![
            memory_with(ALICE, "Lives in Denver", more),
            memory(ALICE, "Has a dog"),
        ])
        .await;
    service.store(ALICE, "Has a dog").await;
    let body =
        json!({ "agent_id": "support", "caller_id": ALICE, "profile_data": { "greeting": "Hi" } });
    service.post("/api/v1/agents", body).await;
}

/// Everything that is stored.
pub(crate) async fn export(service: &Service) -> Value {
    let (_, mut export) = service.get("/api/v1/export").await;
    export["exported_at"] = Value::Null;
    export
}

#[tokio::test]
async fn an_export_can_be_imported_without_loss() {
    let source = filled().await;
    let before = export(&source).await;
    assert_eq!(before["memories"].as_array().unwrap().len(), 3);
    let target = Service::start().await;
    let answer = target.post("/api/v1/import", before.clone()).await;
    assert_eq!(
        (&answer["memories_imported"], &answer["profiles_imported"]),
        (&json!(3), &json!(1))
    );
    assert_eq!(export(&target).await, before);
    let again = target
        .post_once("/api/v1/memories", "k", &memory(ALICE, "Lives in Boston"))
        .await;
    assert_eq!(
        id(&again),
        id(&before["memories"][0]),
        "keys are known after an import"
    );
}

#[tokio::test]
async fn importing_twice_changes_nothing() {
    let service = filled().await;
    let before = export(&service).await;
    let answer = service.post("/api/v1/import", before.clone()).await;
    assert_eq!(
        (&answer["memories_imported"], &answer["memories_skipped"]),
        (&json!(0), &json!(3))
    );
    assert_eq!(export(&service).await, before);
}

#[tokio::test]
async fn an_import_with_an_invalid_entry_changes_nothing() {
    let service = Service::start().await;
    let mut broken = export(&filled().await).await;
    broken["memories"][1]["importance"] = json!(11);
    let answer = service.rejected("/api/v1/import", broken).await;
    assert_eq!(
        answer["error"]["details"]["field"],
        "memories[1].importance"
    );
    assert_eq!(export(&service).await["memories"], json!([]));
    service
        .rejected("/api/v1/import", json!({ "format": "other/9" }))
        .await;
    service
        .rejected("/api/v1/import", json!({ "memories": 1 }))
        .await;
}

#[tokio::test]
async fn an_import_may_exceed_the_limit_of_other_requests() {
    let source = Service::start().await;
    let note = "é".repeat(10_000);
    for batch in 0..3 {
        let item = |at| {
            memory_with(
                ALICE,
                &format!("Order {batch}-{at}"),
                json!({ "metadata": { "note": note } }),
            )
        };
        source.batch((0..40).map(item).collect()).await;
    }
    let everything = export(&source).await;
    assert!(everything.to_string().len() > 1_500_000);
    let target = Service::start().await;
    let answer = target.post("/api/v1/import", everything).await;
    assert_eq!(answer["memories_imported"], 120);
}
