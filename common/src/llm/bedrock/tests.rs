use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::{Digest, Sha256};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::llm::tests::{bedrock_answer, prompt, settings, with_key, with_settings};
use crate::settings::{LlmSettings, Provider};

use super::*;

const MODEL: &str = "eu.anthropic.claude-haiku-4-5-20251001-v1:0";

fn claude(server: &MockServer) -> LlmSettings {
    LlmSettings {
        model: MODEL.to_owned(),
        ..settings(Provider::Bedrock, server)
    }
}

/// Sends a prompt to the server and returns the request that the server received.
async fn received_request(
    server: &MockServer,
    settings: &LlmSettings,
    key: Option<&str>,
) -> wiremock::Request {
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(200).set_body_json(bedrock_answer()))
        .mount(server)
        .await;
    with_key(settings, key).complete(&prompt()).await.unwrap();
    server.received_requests().await.unwrap().remove(0)
}

#[derive(serde::Deserialize)]
struct Case {
    name: String,
    answer: Value,
    text: Option<String>,
    usage: Option<[u64; 4]>,
    error: Option<String>,
}

#[tokio::test]
async fn responses_are_read_by_their_blocks_and_stop_reason() {
    let cases: Vec<Case> =
        serde_json::from_str(include_str!("../../../../tests/cases/bedrock-answers.json")).unwrap();
    for case in cases {
        let server = MockServer::start().await;
        let template = ResponseTemplate::new(200).set_body_json(&case.answer);
        Mock::given(method("POST"))
            .respond_with(template)
            .mount(&server)
            .await;
        let result = with_settings(&claude(&server)).complete(&prompt()).await;
        assert_eq!(
            result.as_ref().err().map(LlmError::kind),
            case.error.as_deref(),
            "{}",
            case.name
        );
        let Ok(completion) = result else { continue };
        assert_eq!(Some(completion.text), case.text, "{}", case.name);
        let usage = completion.usage;
        let counts = [usage.input, usage.output, usage.cached, usage.written];
        assert_eq!(Some(counts), case.usage, "{}", case.name);
    }
}

/// Computes the signature independently, by the steps of the guide to Signature Version 4.
/// Each segment of the path is encoded once more for the signature.
#[tokio::test]
async fn a_request_is_signed_over_its_encoded_path() {
    let server = MockServer::start().await;
    let request = received_request(&server, &claude(&server), None).await;
    let value = |name: &str| request.headers[name].to_str().unwrap();
    let date = value("x-amz-date");
    let day = &date[..8];
    let canonical = format!(
        "POST\n/v1/model/eu.anthropic.claude-haiku-4-5-20251001-v1%253A0/converse\n\n\
         content-type:application/json\nhost:{}\nx-amz-date:{date}\n\ncontent-type;host;x-amz-date\n{}",
        value("host"),
        hex::encode(Sha256::digest(&request.body)),
    );
    let scope = format!("{day}/eu-central-1/bedrock/aws4_request");
    let to_sign = format!(
        "AWS4-HMAC-SHA256\n{date}\n{scope}\n{}",
        hex::encode(Sha256::digest(canonical))
    );
    let keys = [day, "eu-central-1", "bedrock", "aws4_request", &to_sign];
    let signature = keys.iter().fold(b"AWS4hidden-key".to_vec(), |key, text| {
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().to_vec()
    });
    let expected = format!(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{scope}, SignedHeaders=content-type;host;x-amz-date, Signature={}",
        hex::encode(signature)
    );
    assert_eq!(value("authorization"), expected);
}

#[tokio::test]
async fn a_bedrock_api_key_is_sent_as_a_bearer_token_without_a_signature() {
    for key in [
        "ABSKQmVkcm9ja0FQSUtleS1leGFtcGxl",
        "bedrock-api-key-example",
    ] {
        let server = MockServer::start().await;
        let request = received_request(&server, &claude(&server), Some(key)).await;
        assert_eq!(
            request.headers["authorization"],
            format!("Bearer {key}").as_str()
        );
        assert!(!request.headers.contains_key("x-amz-date"));
    }
}

#[tokio::test]
async fn a_key_of_another_provider_is_not_sent_to_bedrock() {
    for key in [
        "sk-proj-example",
        "sk-ant-api03-example",
        "gsk_example",
        "key-1",
    ] {
        let server = MockServer::start().await;
        let request = received_request(&server, &claude(&server), Some(key)).await;
        let authorization = request.headers["authorization"].to_str().unwrap();
        assert!(
            authorization.starts_with("AWS4-HMAC-SHA256 ") && !authorization.contains(key),
            "{authorization}"
        );
    }
}

#[tokio::test]
async fn without_credentials_no_request_is_sent() {
    let server = MockServer::start().await;
    let mut settings = claude(&server);
    settings.bedrock.as_mut().unwrap().identity = None;
    let error = with_key(&settings, None)
        .complete(&prompt())
        .await
        .unwrap_err();
    assert_eq!(error, LlmError::NoKey);
    assert_eq!(server.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_model_is_looked_up_as_inference_profile_and_as_foundation_model() {
    for (model, first, second) in [
        (MODEL, "inference-profiles", "foundation-models"),
        (
            "amazon.nova-lite-v1:0",
            "foundation-models",
            "inference-profiles",
        ),
        ("zai.glm-4.7", "foundation-models", "inference-profiles"),
    ] {
        let server = MockServer::start().await;
        let settings = LlmSettings {
            model: model.to_owned(),
            ..claude(&server)
        };
        let llm = with_settings(&settings);
        let url = |collection: &str| format!("/v1/{collection}/{}", path_segment(model));
        let missing =
            ResponseTemplate::new(404).set_body_json(json!({"message": "The model is not found."}));
        Mock::given(path(url(first)))
            .respond_with(missing.clone())
            .mount(&server)
            .await;
        Mock::given(path(url(second)))
            .respond_with(missing)
            .up_to_n_times(1)
            .mount(&server)
            .await;
        assert_eq!(llm.check().await, Err(LlmError::UnknownModel), "{model}");
        Mock::given(path(url(second)))
            .respond_with(ResponseTemplate::new(200))
            .mount(&server)
            .await;
        assert_eq!(llm.check().await, Ok(()), "{model}");
        let paths: Vec<String> = server
            .received_requests()
            .await
            .unwrap()
            .iter()
            .map(|request| request.url.path().to_owned())
            .collect();
        assert_eq!(paths, [url(first), url(second), url(first), url(second)]);
    }
}

#[tokio::test]
async fn a_forbidden_check_fails_and_an_endpoint_without_descriptions_is_healthy() {
    for (status, body, expected) in [
        (403, json!({"message": "no"}), Err("unauthorised")),
        (404, json!({"__type": "UnknownOperationException"}), Ok(())),
        (
            400,
            json!({"message": "The provided model identifier is invalid."}),
            Err("unknown_model"),
        ),
    ] {
        let server = MockServer::start().await;
        let template = ResponseTemplate::new(status).set_body_json(body);
        Mock::given(method("GET"))
            .and(header("accept", "*/*"))
            .respond_with(template)
            .mount(&server)
            .await;
        let result = with_settings(&claude(&server)).check().await;
        assert_eq!(result.map_err(|error| error.kind()), expected, "{status}");
    }
}

#[test]
fn the_endpoints_are_in_the_configured_region() {
    let client = Client::new("eu-west-1", None, None).unwrap();
    assert_eq!(
        client.runtime.as_str(),
        "https://bedrock-runtime.eu-west-1.amazonaws.com/"
    );
    assert_eq!(
        client.control.as_str(),
        "https://bedrock.eu-west-1.amazonaws.com/"
    );
}
