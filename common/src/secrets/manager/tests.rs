use secrecy::ExposeSecret;
use serde_json::json;
use wiremock::matchers::{body_json, header, header_exists, header_regex, method};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::secrets::Secrets;

const ARN: &str = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:elaaoms-AbCdEf";

fn access(endpoint: &str) -> Access {
    let lookup = |name: &str| match name {
        "SECRETS_ARN" => Some(ARN.to_owned()),
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
    let secret = json!({"WEBHOOK_API_KEY": webhook_key, "LLM_API_KEY": "", "unrelated": 1});
    ResponseTemplate::new(200)
        .set_body_json(json!({"ARN": ARN, "SecretString": secret.to_string()}))
}

/// What a door does with a key.
async fn opens(secrets: &Secrets, key: &str) -> bool {
    let compare = |known: &SecretSet| match known
        .webhook_api_keys()
        .iter()
        .any(|ours| ours.expose_secret() == key)
    {
        true => Ok(()),
        false => Err(()),
    };
    secrets.check(compare).await.is_ok()
}

#[tokio::test]
async fn the_secret_is_asked_for_once_with_a_signed_request() {
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
async fn a_rotated_key_opens_the_door_and_wrong_keys_cause_no_traffic() {
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
    assert!(opens(&secrets, "old").await);
    assert!(!opens(&secrets, "new").await, "asked a moment ago");
    manager.state.lock().await.asked = Instant::now().checked_sub(MIN_PAUSE);
    assert!(opens(&secrets, "new").await);
    for _ in 0..3 {
        assert!(!opens(&secrets, "wrong").await);
    }
}

#[tokio::test]
async fn an_outage_leaves_known_secrets_known_and_unknown_ones_unknown() {
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
        "what is not known is asked for again at once"
    );
    manager.state.lock().await.asked = Instant::now().checked_sub(TTL);
    assert_eq!(manager.current().await.webhook_api_keys().len(), 1);
}

#[test]
fn without_an_endpoint_of_its_own_it_is_asked_in_the_secrets_region() {
    let lookup = |name: &str| match name {
        "SECRETS_ARN" => Some(ARN.to_owned()),
        name if name.starts_with("AWS_ENDPOINT") => None,
        _ => Some("any".to_owned()),
    };
    let request = Access::read(lookup)
        .unwrap()
        .unwrap()
        .request(SystemTime::UNIX_EPOCH)
        .unwrap();
    assert_eq!(
        request.uri(),
        "https://secretsmanager.eu-central-1.amazonaws.com/"
    );
}

#[test]
fn debug_output_shows_no_key() {
    assert!(!format!("{:?}", access("http://127.0.0.1:1")).contains("hidden-key"));
}
