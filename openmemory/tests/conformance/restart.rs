use openmemory::{Settings, serve};

use crate::engine::{ALICE, Service, memory};

#[tokio::test]
async fn what_was_remembered_is_there_after_a_restart() {
    let service = Service::start().await;
    let first = service.post_once("/api/v1/memories", "k", &memory(ALICE, "Has a dog")).await;
    let service = service.restart().await;
    assert_eq!(service.found(ALICE, "dog").await, ["Has a dog"]);
    assert_eq!(service.post_once("/api/v1/memories", "k", &memory(ALICE, "Has a dog")).await, first);
}

#[tokio::test]
async fn a_server_finds_a_free_port_and_stops() {
    let settings = Settings::new("sqlite::memory:", "127.0.0.1:0".parse().unwrap());
    let server = serve(settings).await.unwrap();
    let address = server.local_addr();
    assert_ne!(address.port(), 0);
    tokio::net::TcpStream::connect(address).await.unwrap();
    server.shutdown().await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn wrong_settings_are_named() {
    let listen = "127.0.0.1:0".parse().unwrap();
    let error = serve(Settings::new("sqlite::memory:", listen).with_similarity_threshold(0.0)).await.unwrap_err();
    assert!(error.to_string().contains("SIMILARITY_THRESHOLD"));
    let error = serve(Settings::new("postgresql://u:p@db/om", listen)).await.unwrap_err();
    assert!(error.to_string().contains("PostgreSQL") && !error.to_string().contains("u:p"));
}
