//! Which dialect is found, and what is said of servers that cannot be used.

use common::http_client::CallError;
use common::openmemory::{Dialect, OpenMemoryError};
use common::settings::DialectSetting;
use elaaoms_tests::Store;
use elaaoms_tests::cavira::{Build, Cavira};
use serde_json::{Value, json};
use wiremock::matchers::{path, path_regex};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::bench::{all, caller, over_cavira, port, remember, said};

/// What `/health` of each recorded build said.
const RECORDED_HEALTH: &str = include_str!("recorded/health.json");
/// What each recorded build said to the probe, or to a call with that trouble.
const RECORDED_PROBES: &str = include_str!("recorded/probes.json");

async fn found_over(health: &Value, probe: (u16, String)) -> Result<Dialect, OpenMemoryError> {
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
    port(&server.uri(), DialectSetting::Auto, "key")
        .health()
        .await
        .map(|health| health.dialect)
}

#[tokio::test]
async fn every_recorded_build_and_trouble_is_known() {
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
                found_over(health, (status, body)).await,
                expected(name),
                "{name}"
            );
        }
    }
}

#[tokio::test]
async fn the_documented_contract_longmemory_and_strangers_are_told_apart() {
    let not_found = || (404, "404: Not Found".to_owned());
    let v1 =
        json!({"status": "healthy", "version": "1", "database": "connected", "uptime_seconds": 1});
    assert_eq!(found_over(&v1, not_found()).await, Ok(Dialect::V1));
    let long =
        json!({"data": {"ok": true, "status": {}, "store": {}}, "meta": {"duration_ms": 1.4}});
    assert_eq!(
        found_over(&long, not_found()).await,
        Err(OpenMemoryError::LongMemory)
    );
    assert_eq!(
        found_over(&json!({"hello": "world"}), not_found()).await,
        Err(OpenMemoryError::UnknownServer)
    );
}

#[tokio::test]
async fn a_wrong_dialect_is_named() {
    let (server, _) = over_cavira().await;
    let health = port(&server.url(), DialectSetting::V1, server.key())
        .health()
        .await;
    assert_eq!(health.unwrap_err(), OpenMemoryError::WrongDialect("cavira"));
    let server = Store::start().await;
    let health = port(&server.url(), DialectSetting::Cavira, "")
        .health()
        .await;
    assert_eq!(health.unwrap_err(), OpenMemoryError::WrongDialect("v1"));
}

#[tokio::test]
async fn what_could_not_be_found_out_is_asked_again() {
    let (server, port) = over_cavira().await;
    server.fail(503, "upstream is away");
    assert!(port.health().await.unwrap_err().is_outage());
    server.heal();
    remember(&port, &caller(1), "support", &[said("Has a dog")]).await;
    assert_eq!(all(&port, &caller(1)).await, ["Has a dog"]);
    let probes = |server: &Cavira| {
        server
            .calls()
            .iter()
            .filter(|call| call.contains("om-probe"))
            .count()
    };
    let before = probes(&server);
    all(&port, &caller(1)).await;
    assert_eq!(probes(&server), before, "what was found is kept");
}

#[tokio::test]
async fn nothing_is_stored_on_a_server_that_cannot_keep_callers_apart() {
    for (build, error) in [
        (Build::Newest, OpenMemoryError::TenantLocked),
        (Build::Old, OpenMemoryError::TooOld),
    ] {
        for dialect in [DialectSetting::Auto, DialectSetting::Cavira] {
            let server = Cavira::start(build).await;
            let port = port(&server.url(), dialect, server.key());
            assert_eq!(port.health().await.unwrap_err(), error);
            let agent = common::call::AgentId::parse("support").unwrap();
            let conversation = common::call::ConversationId::parse("conv_1").unwrap();
            let provenance = common::openmemory::Provenance {
                agent: &agent,
                caller: &caller(1),
                conversation: &conversation,
                at: jiff::Timestamp::UNIX_EPOCH,
                channel: None,
                extractor: "tests",
            };
            assert_eq!(
                port.remember(&provenance, &[said("Has a dog")])
                    .await
                    .unwrap_err(),
                error
            );
            let card = common::memory::CallerCard::default();
            assert_eq!(
                port.put_card(&agent, &caller(1), &card, 24)
                    .await
                    .unwrap_err(),
                error
            );
            assert!(server.rows().is_empty());
        }
    }
}
