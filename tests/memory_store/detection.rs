//! Detection of the dialect, and errors for servers that cannot be used.

use common::http_client::CallError;
use common::openmemory::{Dialect, OpenMemoryError};
use common::settings::DialectSetting;
use elaaoms_tests::Store;
use elaaoms_tests::cavira::{Build, Cavira};
use serde_json::{Value, json};
use wiremock::matchers::{path, path_regex};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::harness::{caller, client_for, contents, new_memory, remember, start_cavira};

/// The recorded `/health` responses of each build.
const RECORDED_HEALTH: &str = include_str!("recorded/health.json");
/// The recorded responses of each build to the probe, or to a request that fails in a known way.
const RECORDED_PROBES: &str = include_str!("recorded/probes.json");

/// Returns the dialect that the client detects from these responses to `/health` and the probe.
async fn detect(health: &Value, probe: (u16, String)) -> Result<Dialect, OpenMemoryError> {
    let server = MockServer::start().await;
    let health = ResponseTemplate::new(200).set_body_json(health);
    Mock::given(path("/health"))
        .respond_with(health)
        .mount(&server)
        .await;
    let probe = ResponseTemplate::new(probe.0).set_body_string(probe.1);
    Mock::given(path_regex("^/users/"))
        .respond_with(probe)
        .mount(&server)
        .await;
    client_for(&server.uri(), DialectSetting::Auto, "key")
        .health()
        .await
        .map(|health| health.dialect)
}

#[tokio::test]
async fn every_recorded_build_and_failure_is_recognised() {
    let healths: Vec<Value> = serde_json::from_str(RECORDED_HEALTH).unwrap();
    let probes: Vec<Value> = serde_json::from_str(RECORDED_PROBES).unwrap();
    let expected = |name: &str| match name {
        "usable" => Ok(Dialect::Cavira),
        "locked" => Err(OpenMemoryError::TenantLocked),
        "too_old" => Err(OpenMemoryError::TooOld),
        "no_key" => Err(OpenMemoryError::KeyMissing),
        "bad_key" => Err(OpenMemoryError::KeyRefused),
        "no_key_configured" => Err(OpenMemoryError::KeyNotConfigured),
        "rate_limited" => {
            Err(CallError::Throttled(Some(std::time::Duration::from_secs(60))).into())
        }
        name => panic!("{name}"),
    };
    for health in &healths {
        for probe in &probes {
            let name = probe["name"].as_str().unwrap();
            let body = probe["body"]
                .as_str()
                .map_or_else(|| probe["body"].to_string(), str::to_owned);
            let status = u16::try_from(probe["status"].as_u64().unwrap()).unwrap();
            assert_eq!(
                detect(health, (status, body)).await,
                expected(name),
                "{name}"
            );
        }
    }
}

#[tokio::test]
async fn the_documented_contract_longmemory_and_unknown_servers_are_distinguished() {
    let not_found = || (404, "404: Not Found".to_owned());
    let v1 =
        json!({"status": "healthy", "version": "1", "database": "connected", "uptime_seconds": 1});
    assert_eq!(detect(&v1, not_found()).await, Ok(Dialect::V1));
    let long =
        json!({"data": {"ok": true, "status": {}, "store": {}}, "meta": {"duration_ms": 1.4}});
    assert_eq!(
        detect(&long, not_found()).await,
        Err(OpenMemoryError::LongMemory)
    );
    assert_eq!(
        detect(&json!({"hello": "world"}), not_found()).await,
        Err(OpenMemoryError::UnknownServer)
    );
}

#[tokio::test]
async fn the_error_for_a_wrong_dialect_names_the_detected_one() {
    let (server, _) = start_cavira().await;
    let health = client_for(&server.url(), DialectSetting::V1, server.key())
        .health()
        .await;
    assert_eq!(health.unwrap_err(), OpenMemoryError::WrongDialect("cavira"));
    let server = Store::start().await;
    let health = client_for(&server.url(), DialectSetting::Cavira, "")
        .health()
        .await;
    assert_eq!(health.unwrap_err(), OpenMemoryError::WrongDialect("v1"));
}

#[tokio::test]
async fn a_failed_detection_is_repeated_and_a_successful_one_is_not() {
    let (server, client) = start_cavira().await;
    server.fail(503, "upstream is unavailable");
    assert!(client.health().await.unwrap_err().is_outage());
    server.heal();
    remember(&client, &caller(1), "support", &[new_memory("Has a dog")]).await;
    assert_eq!(contents(&client, &caller(1)).await, ["Has a dog"]);
    let probes = |server: &Cavira| {
        server
            .calls()
            .iter()
            .filter(|call| call.contains("om-probe"))
            .count()
    };
    let before = probes(&server);
    contents(&client, &caller(1)).await;
    assert_eq!(probes(&server), before, "the detected dialect is cached");
}

#[tokio::test]
async fn nothing_is_stored_on_a_server_that_cannot_keep_callers_apart() {
    for (build, error) in [
        (Build::Newest, OpenMemoryError::TenantLocked),
        (Build::Old, OpenMemoryError::TooOld),
    ] {
        for dialect in [DialectSetting::Auto, DialectSetting::Cavira] {
            let server = Cavira::start(build).await;
            let client = client_for(&server.url(), dialect, server.key());
            assert_eq!(client.health().await.unwrap_err(), error);
            let agent = common::call::AgentId::parse("support").unwrap();
            let conversation = common::call::ConversationId::parse("conv_1").unwrap();
            let provenance = common::openmemory::Provenance {
                agent: &agent,
                caller: &caller(1),
                conversation: Some(&conversation),
                at: jiff::Timestamp::UNIX_EPOCH,
                channel: None,
                extractor: "tests",
            };
            assert_eq!(
                client
                    .remember(&provenance, &[new_memory("Has a dog")])
                    .await
                    .unwrap_err(),
                error
            );
            let card = common::memory::CallerCard::default();
            assert_eq!(
                client
                    .put_card(&agent, &caller(1), &card, 24)
                    .await
                    .unwrap_err(),
                error
            );
            assert!(server.rows().is_empty());
        }
    }
}
