use openmemory::{Settings, is_healthy, serve};

use crate::database::Database;
use crate::service::{ALICE, Service, memory};

#[tokio::test]
async fn memories_survive_a_restart() {
    let service = Service::start().await;
    let first = service
        .post_once("/api/v1/memories", "k", &memory(ALICE, "Has a dog"))
        .await;
    let service = service.restart().await;
    assert_eq!(service.found(ALICE, "dog").await, ["Has a dog"]);
    assert_eq!(
        service
            .post_once("/api/v1/memories", "k", &memory(ALICE, "Has a dog"))
            .await,
        first
    );
}

#[tokio::test]
async fn memories_without_lookup_keys_are_found_and_reinforced() {
    let service = Service::with(|settings| settings.with_max_memories_per_agent(2)).await;
    service
        .store(ALICE, "Customer prefers express shipping")
        .await;
    service.store(ALICE, "Has a dog").await;
    let is_changed = service
        .execute("UPDATE memories SET terms = NULL, claim = NULL")
        .await;
    if !is_changed {
        return;
    }
    assert_eq!(
        service.found(ALICE, "shipping").await,
        ["Customer prefers express shipping"]
    );
    assert!(service.found(ALICE, "dentist").await.is_empty());
    assert_eq!(
        service
            .store(ALICE, "Customer always wants express shipping")
            .await["action"],
        "reinforced"
    );
    let third = service.store(ALICE, "Plays chess").await;
    assert_eq!(third["evicted"].as_array().unwrap().len(), 1);
    assert_eq!(service.search(ALICE, "").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_instances_can_start_at_once_on_a_new_database() {
    let database = Database::fresh().await;
    let starting = (0..4).map(|_| tokio::spawn(Service::on(database.clone(), |settings| settings)));
    for started in starting.collect::<Vec<_>>() {
        let service = started.await.unwrap();
        service.store(ALICE, "Has a dog").await;
    }
    assert_eq!(
        Service::on(database, |settings| settings)
            .await
            .found(ALICE, "dog")
            .await,
        ["Has a dog"]
    );
}

#[tokio::test]
async fn a_server_finds_a_free_port_and_stops() {
    let settings = Settings::new("sqlite::memory:", "127.0.0.1:0".parse().unwrap());
    let server = serve(settings).await.unwrap();
    let address = server.local_addr();
    assert_ne!(address.port(), 0);
    let check = || tokio::task::spawn_blocking(move || is_healthy(address));
    assert!(check().await.unwrap());
    server.shutdown().await;
    assert!(!check().await.unwrap());
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn invalid_settings_are_named() {
    let listen = "127.0.0.1:0".parse().unwrap();
    let error = serve(Settings::new("sqlite::memory:", listen).with_similarity_threshold(0.0))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("SIMILARITY_THRESHOLD"));
    let error = serve(Settings::new("postgresql://u:secret@db:port/om", listen))
        .await
        .unwrap_err();
    // A program without PostgreSQL says so instead of what is wrong with the address.
    let text = error.to_string();
    assert!(text.to_lowercase().contains("postgresql") && !text.contains("secret"));
}
