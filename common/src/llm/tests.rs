use serde_json::json;
use wiremock::matchers::{body_partial_json, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::secrets::SecretSet;

fn prompt(schema: &Value) -> Prompt<'_> {
    Prompt { system: "Remember.", user: "Dana called.", name: "record", schema, max_output_tokens: 4000 }
}

fn llm(provider: Provider, server: &MockServer) -> Llm {
    let settings = LlmSettings {
        provider,
        model: "model-1".to_owned(),
        url: Some(Url::parse(&format!("{}/v1", server.uri())).unwrap()),
        timeout: Duration::from_secs(5),
        part_tokens: 60_000,
        prices: Prices::default(),
    };
    let secrets = Secrets::fixed(SecretSet::read(|name| (name == "LLM_API_KEY").then(|| "key-1".to_owned())));
    Llm::new(crate::http_client::build().unwrap(), &settings, secrets).unwrap()
}

fn openai_answer(content: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({
        "choices": [{"message": {"role": "assistant", "content": content}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 400, "completion_tokens": 100, "prompt_tokens_details": {"cached_tokens": 300}}}))
}

async fn answering(template: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(template).mount(&server).await;
    server
}

#[test]
fn what_is_sent_to_openai_is_this() {
    let schema = json!({"type": "object"});
    insta::assert_json_snapshot!("openai_with_schema", openai::body("model-1", &prompt(&schema), true));
    insta::assert_json_snapshot!("openai_without_schema", openai::body("model-1", &prompt(&schema), false));
}

#[test]
fn what_is_sent_to_anthropic_is_this() {
    insta::assert_json_snapshot!("anthropic", anthropic::body("model-1", &prompt(&json!({"type": "object"}))));
}

#[tokio::test]
async fn openai_is_asked_with_the_key_and_its_tokens_are_counted() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/v1/chat/completions"))
        .and(header("authorization", "Bearer key-1"))
        .respond_with(openai_answer("{}"))
        .expect(1)
        .mount(&server)
        .await;
    let completion = llm(Provider::Openai, &server).complete(&prompt(&json!({}))).await.unwrap();
    assert_eq!(completion, Completion { text: "{}".to_owned(), usage: Usage { input: 400, output: 100, cached: 300 } });
}

#[tokio::test]
async fn anthropic_answers_through_its_tool() {
    let server = MockServer::start().await;
    let answer = json!({"content": [{"type": "thinking", "thinking": "…"}, {"type": "tool_use", "id": "t", "name": "record", "input": {"memories": []}}],
        "stop_reason": "tool_use", "usage": {"input_tokens": 100, "output_tokens": 20, "cache_read_input_tokens": 300}});
    Mock::given(method("POST"))
        .and(path("/v1/messages"))
        .and(header("x-api-key", "key-1"))
        .and(header("anthropic-version", "2023-06-01"))
        .respond_with(ResponseTemplate::new(200).set_body_json(answer))
        .mount(&server)
        .await;
    let completion = llm(Provider::Anthropic, &server).complete(&prompt(&json!({}))).await.unwrap();
    assert_eq!(
        completion,
        Completion { text: r#"{"memories":[]}"#.to_owned(), usage: Usage { input: 400, output: 20, cached: 300 } }
    );
}

#[tokio::test]
async fn a_server_that_knows_no_schema_is_asked_without_and_that_is_remembered() {
    let server = MockServer::start().await;
    let with_schema = body_partial_json(json!({"response_format": {"type": "json_schema"}}));
    Mock::given(with_schema).respond_with(ResponseTemplate::new(400)).expect(1).mount(&server).await;
    Mock::given(method("POST")).respond_with(openai_answer("{}")).expect(2).mount(&server).await;
    let llm = llm(Provider::Openai, &server);
    for _ in 0..2 {
        llm.complete(&prompt(&json!({}))).await.unwrap();
    }
}

#[tokio::test]
async fn a_stumbling_provider_is_asked_three_times() {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(529)).expect(3).mount(&server).await;
    let error = llm(Provider::Anthropic, &server).complete(&prompt(&json!({}))).await.unwrap_err();
    assert!(!error.is_final(), "{error}");
}

#[tokio::test]
async fn a_pause_that_is_asked_for_as_a_date_is_kept() {
    let template = ResponseTemplate::new(429)
        .insert_header("date", "Wed, 21 Oct 2026 07:28:00 GMT")
        .insert_header("retry-after", "Wed, 21 Oct 2026 07:29:30 GMT");
    let error = llm(Provider::Openai, &answering(template).await).complete(&prompt(&json!({}))).await.unwrap_err();
    assert_eq!(error, LlmError::Call(CallError::Throttled(Some(Duration::from_secs(90)))));
}

#[tokio::test]
async fn an_answer_without_content_is_paid_for_and_empty() {
    let usage = json!({"prompt_tokens": 400, "completion_tokens": 7});
    for choices in [json!([]), json!([{"finish_reason": "stop", "message": {"content": null}}])] {
        let template = ResponseTemplate::new(200).set_body_json(json!({"choices": choices, "usage": usage}));
        let completion = llm(Provider::Openai, &answering(template).await).complete(&prompt(&json!({}))).await.unwrap();
        assert_eq!((completion.text.as_str(), completion.usage.input), ("", 400));
    }
}

#[tokio::test]
async fn a_provider_that_refuses_for_good_is_asked_once() {
    let quota = json!({"error": {"code": "insufficient_quota"}});
    let answers = [
        (ResponseTemplate::new(401), LlmError::Call(CallError::Unauthorised(StatusCode::UNAUTHORIZED))),
        (ResponseTemplate::new(404), LlmError::Call(CallError::Refused(StatusCode::NOT_FOUND))),
        (ResponseTemplate::new(429).set_body_json(quota), LlmError::QuotaUsedUp),
    ];
    for (template, expected) in answers {
        let server = answering(template).await;
        let error = llm(Provider::Openai, &server).complete(&prompt(&json!({}))).await.unwrap_err();
        assert_eq!(error, expected);
        assert!(error.is_final());
        assert_eq!(server.received_requests().await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_refusal_a_filter_and_a_cut_have_names_and_what_they_cost_is_counted() {
    let choice = |reason: &str, message: Value| {
        ResponseTemplate::new(200).set_body_json(json!({"choices": [{"finish_reason": reason, "message": message}],
            "usage": {"prompt_tokens": 400, "completion_tokens": 7}}))
    };
    let paid = Usage { input: 400, output: 7, cached: 0 };
    let cases = [
        (choice("stop", json!({"content": null, "refusal": "I cannot."})), LlmError::Refused(paid)),
        (choice("content_filter", json!({"content": "{"})), LlmError::Filtered(paid)),
        (choice("length", json!({"content": "{"})), LlmError::CutOff(paid)),
    ];
    for (template, expected) in cases {
        let server = answering(template).await;
        assert_eq!(llm(Provider::Openai, &server).complete(&prompt(&json!({}))).await.unwrap_err(), expected);
    }
}
