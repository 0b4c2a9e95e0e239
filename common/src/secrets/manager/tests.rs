use std::time::SystemTime;

use secrecy::ExposeSecret;
use serde_json::json;
use wiremock::matchers::{body_json, header, header_exists, header_regex, method};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::secrets::Secrets;

const ARN: &str = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:elaaoms-AbCdEf";
const PROVIDER_ARN: &str =
    "arn:aws:secretsmanager:eu-central-1:123456789012:secret:provider-GhIjKl";

fn access(endpoint: &str) -> Access {
    access_to(ARN, endpoint)
}

fn access_to(secrets: &str, endpoint: &str) -> Access {
    let lookup = |name: &str| match name {
        "SECRETS_ARN" => Some(secrets.to_owned()),
        "AWS_ENDPOINT_URL" => Some(endpoint.to_owned()),
        "AWS_ACCESS_KEY_ID" => Some("AKIDEXAMPLE".to_owned()),
        "AWS_SECRET_ACCESS_KEY" => Some("hidden-key".to_owned()),
        "AWS_SESSION_TOKEN" => Some("token".to_owned()),
        _ => None,
    };
    Access::read(lookup).unwrap().unwrap()
}

fn manager(server: &MockServer) -> Manager {
    Manager::new(http_client::build().unwrap(), access(&server.uri()))
}

fn secret(webhook_key: &str) -> ResponseTemplate {
    value_of(&json!({"WEBHOOK_API_KEY": webhook_key, "LLM_API_KEY": "", "unrelated": 1}))
}

fn value_of(secret: &serde_json::Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"SecretString": secret.to_string()}))
}

/// Answers requests for one secret.
async fn serve(server: &MockServer, arn: &str, answer: ResponseTemplate) {
    Mock::given(body_json(json!({"SecretId": arn})))
        .respond_with(answer)
        .mount(server)
        .await;
}

fn manager_of_two(server: &MockServer) -> Manager {
    let both = format!("{ARN}, {PROVIDER_ARN}");
    Manager::new(
        http_client::build().unwrap(),
        access_to(&both, &server.uri()),
    )
}

#[tokio::test]
async fn a_secret_can_be_the_value_of_one_name() {
    let server = MockServer::start().await;
    let plain = ResponseTemplate::new(200).set_body_json(json!({"SecretString": "a-long-pepper"}));
    serve(&server, PROVIDER_ARN, plain).await;
    serve(&server, ARN, secret("key")).await;
    let listed = format!("CALLER_ID_PEPPER={PROVIDER_ARN},{ARN}");
    let access = access_to(&listed, &server.uri());
    let manager = Manager::new(http_client::build().unwrap(), access);
    let secrets = Secrets::managed(manager);
    assert_eq!(
        secrets.current().await.missing(),
        ["ELEVENLABS_POST_CALL_HMAC_KEY"]
    );
}

/// Whether a webhook accepts this key.
async fn accepts(secrets: &Secrets, key: &str) -> bool {
    let compare = |set: &SecretSet| {
        set.webhook_api_keys()
            .iter()
            .any(|own| own.expose_secret() == key)
            .then_some(())
            .ok_or(())
    };
    secrets.check(compare).await.is_ok()
}

#[tokio::test]
async fn the_secret_is_read_once_with_a_signed_request() {
    let server = MockServer::start().await;
    let scope = "^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/[0-9]{8}/eu-central-1/secretsmanager/aws4_request, ";
    Mock::given(method("POST"))
        .and(header("x-amz-target", "secretsmanager.GetSecretValue"))
        .and(header_regex("authorization", scope))
        .and(header("x-amz-security-token", "token"))
        .and(header_exists("x-amz-date"))
        .and(body_json(json!({"SecretId": ARN})))
        .respond_with(secret("key"))
        .expect(1)
        .mount(&server)
        .await;
    let secrets = Secrets::managed(manager(&server));
    let (first, second) = tokio::join!(secrets.current(), secrets.current());
    assert!(Arc::ptr_eq(&first, &second));
    assert_eq!(
        first.missing(),
        ["ELEVENLABS_POST_CALL_HMAC_KEY", "CALLER_ID_PEPPER"]
    );
}

#[tokio::test]
async fn a_rotated_key_is_accepted_and_wrong_keys_cause_no_traffic() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(secret("old"))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .respond_with(secret("new"))
        .expect(1)
        .mount(&server)
        .await;
    let manager = Arc::new(manager(&server));
    let secrets = Secrets(super::super::Source::Manager(Arc::clone(&manager)));
    assert!(accepts(&secrets, "old").await);
    assert!(
        !accepts(&secrets, "new").await,
        "the secret was read a moment ago"
    );
    manager.state.lock().await.read_at = Instant::now().checked_sub(MIN_PAUSE);
    assert!(accepts(&secrets, "new").await);
    for _ in 0..3 {
        assert!(!accepts(&secrets, "wrong").await);
    }
}

#[tokio::test]
async fn an_outage_keeps_the_cached_secrets() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(500))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .respond_with(secret("key"))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(500))
        .mount(&server)
        .await;
    let manager = manager(&server);
    assert!(manager.current().await.is_unknown());
    assert!(
        !manager.current().await.is_unknown(),
        "unknown secrets are read again at once"
    );
    manager.state.lock().await.read_at = Instant::now().checked_sub(TTL);
    assert_eq!(manager.current().await.webhook_api_keys().len(), 1);
}

#[tokio::test]
async fn secrets_of_several_arns_are_merged_and_a_later_one_wins_unless_it_is_blank() {
    let server = MockServer::start().await;
    let first =
        json!({"WEBHOOK_API_KEY": "key", "LLM_API_KEY": "old", "OPENMEMORY_API_KEY": "store"});
    let second = json!({"LLM_API_KEY": "new", "OPENMEMORY_API_KEY": " "});
    serve(&server, ARN, value_of(&first)).await;
    serve(&server, PROVIDER_ARN, value_of(&second)).await;
    let secrets = manager_of_two(&server).current().await;
    assert_eq!(secrets.webhook_api_keys().len(), 1);
    assert_eq!(secrets.llm_api_key(), Some("new"));
    assert_eq!(secrets.openmemory_api_key(), Some("store"));
}

#[tokio::test]
async fn when_one_of_several_secrets_cannot_be_read_all_are_unknown() {
    let server = MockServer::start().await;
    serve(&server, ARN, secret("key")).await;
    serve(&server, PROVIDER_ARN, ResponseTemplate::new(500)).await;
    assert!(manager_of_two(&server).current().await.is_unknown());
}

#[test]
fn without_a_configured_endpoint_the_region_of_the_secret_is_asked() {
    let lookup = |name: &str| match name {
        "SECRETS_ARN" => Some(ARN.to_owned()),
        name if name.starts_with("AWS_ENDPOINT") => None,
        _ => Some("any".to_owned()),
    };
    let access = Access::read(lookup).unwrap().unwrap();
    let requests = access.requests(SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(
        requests[0].0.uri(),
        "https://secretsmanager.eu-central-1.amazonaws.com/"
    );
}

#[test]
fn debug_output_contains_no_key() {
    assert!(!format!("{:?}", access("http://127.0.0.1:1")).contains("hidden-key"));
}
