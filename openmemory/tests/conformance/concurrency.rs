use std::sync::Arc;

use serde_json::Value;

use crate::service::{ALICE, Service, memory};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_writes_on_two_instances_lose_nothing_and_store_no_duplicates() {
    let first = Service::start().await;
    let instances = [Arc::new(first.second_instance().await), Arc::new(first)];
    let mut clients = tokio::task::JoinSet::new();
    for client in 0..20 {
        let service = Arc::clone(&instances[client % 2]);
        clients.spawn(async move {
            for turn in 0..5 {
                service
                    .store(ALICE, &format!("Asked about order {turn}"))
                    .await;
                let key = format!("key-{turn}");
                service
                    .post_once(
                        "/api/v1/memories",
                        &key,
                        &memory(ALICE, &format!("Item number {turn}")),
                    )
                    .await;
            }
        });
    }
    clients.join_all().await;
    let all = instances[0].search(ALICE, "").await;
    let (orders, items): (Vec<&Value>, Vec<&Value>) = all
        .iter()
        .partition(|memory| memory["content"].as_str().unwrap().starts_with("Asked"));
    assert_eq!(
        (orders.len(), items.len()),
        (5, 5),
        "one memory for each fact and for each key"
    );
    assert!(
        orders
            .iter()
            .all(|memory| memory["metadata"]["reinforcement_count"] == 20)
    );
    assert!(
        items
            .iter()
            .all(|memory| memory["metadata"]["reinforcement_count"] == 1)
    );
}
