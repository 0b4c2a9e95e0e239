use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request as Received, ResponseTemplate};

use super::*;
use crate::embedding::{Embedder, Embeddings};

fn model(name: &str, server: Option<&MockServer>) -> BedrockModel {
    BedrockModel {
        name: name.to_owned(),
        dimensions: 2,
        url: server.map(MockServer::uri),
        identity: Some(Identity::new(
            "AKIDEXAMPLE",
            "hidden-key",
            None,
            "eu-west-1",
        )),
    }
}

/// Answers like Cohere: for each text the vector (number of texts, length of the text).
fn cohere(request: &Received) -> ResponseTemplate {
    let body: Value = request.body_json().unwrap();
    let texts = body["texts"].as_array().unwrap();
    let vectors: Vec<[usize; 2]> = texts
        .iter()
        .map(|text| [texts.len(), text.as_str().unwrap().len()])
        .collect();
    ResponseTemplate::new(200).set_body_json(json!({"embeddings": {"float": vectors}}))
}

#[tokio::test]
async fn texts_are_embedded_in_order_in_batches_of_ninety_six() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/model/cohere.embed-multilingual-v3/invoke"))
        .respond_with(cohere)
        .mount(&server)
        .await;
    let bedrock = Bedrock::new(&model("cohere.embed-multilingual-v3", Some(&server)), None);
    let texts: Vec<String> = (0..100).map(|length| "a".repeat(length)).collect();
    let vectors = bedrock
        .unwrap()
        .embed(Purpose::Passage, &texts)
        .await
        .unwrap();
    let expected = (0..100_u8).map(|length| {
        let batch = if length < 96 { 96.0 } else { 4.0 };
        vec![batch, f32::from(length)]
    });
    assert_eq!(vectors, expected.collect::<Vec<_>>());
}

#[tokio::test]
async fn requests_are_signed_for_the_region() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/model/amazon.titan-embed-text-v2%3A0/invoke"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"embedding": [0.6, 0.8]})))
        .mount(&server)
        .await;
    let embeddings = Embeddings::Bedrock(model("amazon.titan-embed-text-v2:0", Some(&server)));
    let embedder = Embedder::open(&embeddings, None).await.unwrap().unwrap();
    assert_eq!(
        &**embedder.space(),
        "bedrock/amazon.titan-embed-text-v2:0/2"
    );
    embedder.question("Where?").await.unwrap();
    let received = server.received_requests().await.unwrap();
    let authorization = received[0].headers["authorization"].to_str().unwrap();
    let scope = "/eu-west-1/bedrock/aws4_request, SignedHeaders=content-type;host;x-amz-date";
    assert!(
        authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
            && authorization.contains(scope),
        "{authorization}"
    );
    assert!(!format!("{embedder:?}").contains("hidden-key"));
}

#[tokio::test]
async fn a_refusal_names_what_to_check_and_no_text() {
    let server = MockServer::start().await;
    let refusal = ResponseTemplate::new(403).set_body_json(json!({"message": "no access"}));
    Mock::given(method("POST"))
        .respond_with(refusal)
        .mount(&server)
        .await;
    let bedrock = Bedrock::new(&model("cohere.embed-v4:0", Some(&server)), None).unwrap();
    let texts = ["a caller's words".to_owned()];
    let error = bedrock.embed(Purpose::Question, &texts).await.unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains("403") && message.contains("bedrock:InvokeModel"),
        "{message}"
    );
    assert!(!message.contains("words"), "{message}");
}

#[tokio::test]
async fn a_response_with_too_few_vectors_or_dimensions_is_refused() {
    for embeddings in [json!([[0.6, 0.8]]), json!([[0.6], [0.8]]), json!("none")] {
        let server = MockServer::start().await;
        let body = json!({"embeddings": embeddings});
        Mock::given(method("POST"))
            .respond_with(ResponseTemplate::new(200).set_body_json(body))
            .mount(&server)
            .await;
        let bedrock = Bedrock::new(&model("cohere.embed-v4:0", Some(&server)), None).unwrap();
        let texts = ["one".to_owned(), "two".to_owned()];
        let result = bedrock.embed(Purpose::Passage, &texts).await;
        assert!(matches!(result, Err(EmbedError::Unusable)), "{result:?}");
    }
}

#[test]
fn a_model_needs_credentials_and_a_known_family() {
    let mut without = model("cohere.embed-v4:0", None);
    without.identity = None;
    assert!(matches!(
        Bedrock::new(&without, None),
        Err(EmbedError::NoCredentials)
    ));
    let other = model("anthropic.claude-haiku-4-5-20251001-v1:0", None);
    assert!(matches!(
        Bedrock::new(&other, None),
        Err(EmbedError::UnknownFamily)
    ));
}

#[test]
fn the_endpoint_is_in_the_region() {
    let bedrock = Bedrock::new(&model("cohere.embed-v4:0", None), None).unwrap();
    assert_eq!(
        bedrock.url.as_str(),
        "https://bedrock-runtime.eu-west-1.amazonaws.com/model/cohere.embed-v4%3A0/invoke"
    );
}
