use std::sync::LazyLock;

use serde_json::{Value, json};
use wiremock::matchers::{body_partial_json, body_string_contains, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::secrets::SecretSet;
use crate::settings::{BedrockSettings, Effort, Prices};
use crate::signed::Identity;

/// A schema whose fields are not in alphabetical order.
static SCHEMA: LazyLock<Box<RawValue>> = LazyLock::new(|| {
    let schema =
        r#"{"type":"object","properties":{"quote":{"type":"string"},"content":{"type":"string"}}}"#;
    RawValue::from_string(schema.to_owned()).unwrap()
});

pub(super) fn prompt() -> Prompt<'static> {
    Prompt {
        system: "Remember.",
        user: "Dana called.",
        name: "record",
        schema: SCHEMA.as_ref(),
        max_output_tokens: 4000,
        is_short: false,
    }
}

static BASE: LazyLock<Url> = LazyLock::new(|| Url::parse("http://127.0.0.1:1/v1").unwrap());

fn target() -> Target<'static> {
    Target {
        base: &BASE,
        key: "key-1",
        model: "model-1",
        effort: None,
        max_output_tokens: 4000,
    }
}

fn options(format: OutputFormat, has_breakpoint: bool) -> RequestOptions {
    RequestOptions {
        format,
        limit: LimitName::Unset,
        has_effort: false,
        has_breakpoint,
    }
}

/// Serializes a body, with its fields in the order in which they are sent.
fn serialized(body: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(body).unwrap()
}

fn llm(provider: Provider, server: &MockServer) -> Llm {
    with_settings(&settings(provider, server))
}

pub(super) fn settings(provider: Provider, server: &MockServer) -> LlmSettings {
    LlmSettings {
        provider,
        model: "model-1".to_owned(),
        url: Some(Url::parse(&format!("{}/v1", server.uri())).unwrap()),
        timeout: Duration::from_secs(5),
        part_tokens: 60_000,
        context_tokens: None,
        max_output_tokens: None,
        effort: None,
        max_attempts: 3,
        daily_calls_per_caller: None,
        calls_per_conversation: 12,
        verify: false,
        prices: Prices::default(),
        bedrock: (provider == Provider::Bedrock).then(|| BedrockSettings {
            region: "eu-central-1".to_owned(),
            identity: Some(Identity::new(
                "AKIDEXAMPLE",
                "hidden-key",
                None,
                "eu-central-1",
            )),
        }),
    }
}

/// Creates a client with a key. Requests to Bedrock have none and are signed.
pub(super) fn with_settings(settings: &LlmSettings) -> Llm {
    with_key(
        settings,
        Some("key-1").filter(|_| settings.provider != Provider::Bedrock),
    )
}

pub(super) fn with_key(settings: &LlmSettings, key: Option<&str>) -> Llm {
    let lookup = |name: &str| key.filter(|_| name == "LLM_API_KEY").map(str::to_owned);
    let secrets = Secrets::fixed(SecretSet::read(lookup));
    Llm::new(crate::http_client::build().unwrap(), settings, secrets).unwrap()
}

fn openai_answer(content: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({
        "choices": [{"message": {"role": "assistant", "content": content}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 400, "completion_tokens": 100, "prompt_tokens_details": {"cached_tokens": 300}}}))
}

async fn answering(template: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(template)
        .mount(&server)
        .await;
    server
}

#[test]
fn the_request_body_for_openai_matches_the_snapshots() {
    insta::assert_snapshot!(
        "openai_with_schema",
        serialized(&openai::body(
            &target(),
            &prompt(),
            options(OutputFormat::Schema, false)
        ))
    );
    insta::assert_snapshot!(
        "openai_with_breakpoint",
        serialized(&openai::body(
            &target(),
            &prompt(),
            options(OutputFormat::Schema, true)
        ))
    );
    insta::assert_snapshot!(
        "openai_without_schema",
        serialized(&openai::body(
            &target(),
            &prompt(),
            options(OutputFormat::Loose, false)
        ))
    );
    let words = serialized(&openai::body(
        &target(),
        &prompt(),
        options(OutputFormat::PromptOnly, false),
    ));
    assert!(
        !words.contains("response_format") && words.contains(r#"\"quote\":{"#),
        "{words}"
    );
}

#[test]
fn the_request_body_for_anthropic_matches_the_snapshots() {
    insta::assert_snapshot!(
        "anthropic",
        serialized(&anthropic::body(
            &target(),
            &prompt(),
            options(OutputFormat::Schema, false)
        ))
    );
    insta::assert_snapshot!(
        "anthropic_with_tool",
        serialized(&anthropic::body(
            &target(),
            &prompt(),
            options(OutputFormat::Loose, false)
        ))
    );
    let words = serialized(&anthropic::body(
        &target(),
        &prompt(),
        options(OutputFormat::PromptOnly, false),
    ));
    assert!(
        !words.contains("tools") && words.contains(r#"\"quote\":{"#),
        "{words}"
    );
}

#[tokio::test]
async fn an_openai_request_carries_the_key_and_its_tokens_are_counted() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/v1/chat/completions"))
        .and(header("authorization", "Bearer key-1"))
        .respond_with(openai_answer("{}"))
        .expect(1)
        .mount(&server)
        .await;
    let completion = llm(Provider::Openai, &server)
        .complete(&prompt())
        .await
        .unwrap();
    assert_eq!(
        completion,
        Completion {
            text: "{}".to_owned(),
            usage: Usage {
                input: 400,
                output: 100,
                cached: 300,
                written: 0
            }
        }
    );
}

#[tokio::test]
async fn an_anthropic_answer_is_read_from_the_tool_call() {
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
    let completion = llm(Provider::Anthropic, &server)
        .complete(&prompt())
        .await
        .unwrap();
    assert_eq!(
        completion,
        Completion {
            text: r#"{"memories":[]}"#.to_owned(),
            usage: Usage {
                input: 400,
                output: 20,
                cached: 300,
                written: 0
            }
        }
    );
}

#[tokio::test]
async fn a_transient_error_is_tried_three_times() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(529))
        .expect(3)
        .mount(&server)
        .await;
    let error = llm(Provider::Anthropic, &server)
        .complete(&prompt())
        .await
        .unwrap_err();
    assert!(!error.is_permanent(), "{error}");
}

#[tokio::test]
async fn a_retry_after_date_is_converted_to_a_delay() {
    let template = ResponseTemplate::new(429)
        .insert_header("date", "Wed, 21 Oct 2026 07:28:00 GMT")
        .insert_header("retry-after", "Wed, 21 Oct 2026 07:29:30 GMT");
    let error = llm(Provider::Openai, &answering(template).await)
        .complete(&prompt())
        .await
        .unwrap_err();
    assert_eq!(
        error,
        LlmError::Call(CallError::Throttled(Some(Duration::from_secs(90))))
    );
}

#[tokio::test]
async fn a_response_without_content_is_empty_and_its_tokens_are_counted() {
    let usage = json!({"prompt_tokens": 400, "completion_tokens": 7});
    for choices in [
        json!([]),
        json!([{"finish_reason": "stop", "message": {"content": null}}]),
    ] {
        let template =
            ResponseTemplate::new(200).set_body_json(json!({"choices": choices, "usage": usage}));
        let completion = llm(Provider::Openai, &answering(template).await)
            .complete(&prompt())
            .await
            .unwrap();
        assert_eq!(
            (completion.text.as_str(), completion.usage.input),
            ("", 400)
        );
    }
}

#[tokio::test]
async fn a_permanent_error_is_tried_once() {
    let quota = json!({"error": {"code": "insufficient_quota"}});
    let answers = [
        (
            ResponseTemplate::new(401),
            LlmError::Call(CallError::Unauthorised(StatusCode::UNAUTHORIZED)),
        ),
        (
            ResponseTemplate::new(405),
            LlmError::Call(CallError::Refused(StatusCode::METHOD_NOT_ALLOWED)),
        ),
        (
            ResponseTemplate::new(429).set_body_json(quota),
            LlmError::QuotaUsedUp,
        ),
    ];
    for (template, expected) in answers {
        let server = answering(template).await;
        let error = llm(Provider::Openai, &server)
            .complete(&prompt())
            .await
            .unwrap_err();
        assert_eq!(error, expected);
        assert!(error.is_permanent());
        assert_eq!(server.received_requests().await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn refused_filtered_and_truncated_answers_are_distinguished_and_their_tokens_counted() {
    let choice = |reason: &str, message: Value| {
        ResponseTemplate::new(200).set_body_json(
            json!({"choices": [{"finish_reason": reason, "message": message}],
            "usage": {"prompt_tokens": 400, "completion_tokens": 7}}),
        )
    };
    let usage = Usage {
        input: 400,
        output: 7,
        cached: 0,
        written: 0,
    };
    let cases = [
        (
            choice("stop", json!({"content": null, "refusal": "I cannot."})),
            LlmError::Refused(usage),
        ),
        (
            choice("content_filter", json!({"content": "{"})),
            LlmError::Filtered(usage),
        ),
        (
            choice("length", json!({"content": "{"})),
            LlmError::TokenLimitReached(usage),
        ),
    ];
    for (template, expected) in cases {
        let server = answering(template).await;
        assert_eq!(
            llm(Provider::Openai, &server)
                .complete(&prompt())
                .await
                .unwrap_err(),
            expected
        );
    }
}

/// Sends every error response of `tests/cases/provider-refusals.json` over HTTP.
#[tokio::test]
async fn error_responses_are_recognized_whatever_their_words_and_status() {
    let cases: Vec<ErrorCase> =
        serde_json::from_str(include_str!("../../../tests/cases/provider-refusals.json")).unwrap();
    for case in &cases {
        case.check().await;
    }
}

#[derive(serde::Deserialize)]
struct ErrorCase {
    name: String,
    /// `openai` by default.
    provider: Option<Provider>,
    /// The source of the response. Required for prompts that are too long.
    source: Option<String>,
    /// Optional parameters that the settings turn on: `limit`, `effort`.
    #[serde(default)]
    sends: Vec<String>,
    status: u16,
    body: Value,
    /// The requests that get the error: `schema` for those with a schema, `first` for the first
    /// one, another word for those that contain it. By default all requests get it.
    refused: Option<String>,
    /// `ok`, or the kind of the error.
    expected: String,
    /// Expected number of requests.
    requests: usize,
    /// Expected number of requests for the next prompt, if it matters.
    next_requests: Option<usize>,
}

impl ErrorCase {
    async fn check(&self) {
        let server = MockServer::start().await;
        let provider = self.provider.unwrap_or(Provider::Openai);
        self.mount(&server, provider).await;
        let llm = with_settings(&LlmSettings {
            max_output_tokens: self.sends("limit").then_some(8000),
            effort: self.sends("effort").then_some(Effort::Low),
            ..settings(provider, &server)
        });
        assert!(
            self.expected != "cut_off" || self.source.is_some(),
            "{}: a source is required",
            self.name
        );
        let outcome = || async {
            llm.complete(&prompt())
                .await
                .map_or_else(|error| error.kind(), |_| "ok")
        };
        assert_eq!(outcome().await, self.expected, "{}", self.name);
        assert_eq!(request_count(&server).await, self.requests, "{}", self.name);
        if let Some(next) = self.next_requests {
            outcome().await;
            let further = request_count(&server).await - self.requests;
            assert_eq!(further, next, "{}", self.name);
        }
    }

    fn sends(&self, parameter: &str) -> bool {
        self.sends.iter().any(|sent| sent == parameter)
    }

    async fn mount(&self, server: &MockServer, provider: Provider) {
        let error = match &self.body {
            Value::String(text) => ResponseTemplate::new(self.status).set_body_string(text),
            body => ResponseTemplate::new(self.status).set_body_json(body),
        };
        let answer = match provider {
            Provider::Anthropic => ResponseTemplate::new(200).set_body_json(anthropic_answer()),
            Provider::Bedrock => ResponseTemplate::new(200).set_body_json(bedrock_answer()),
            Provider::Openai | Provider::None => openai_answer("{}"),
        };
        match self.refused.as_deref() {
            Some("schema") => {
                Mock::given(body_string_contains("\"json_schema\""))
                    .respond_with(error)
                    .mount(server)
                    .await;
            }
            Some(word) if word != "first" => {
                Mock::given(body_string_contains(word))
                    .respond_with(error)
                    .mount(server)
                    .await;
            }
            Some("first") => {
                Mock::given(method("POST"))
                    .respond_with(error)
                    .up_to_n_times(1)
                    .mount(server)
                    .await
            }
            _ => {
                Mock::given(method("POST"))
                    .respond_with(error)
                    .mount(server)
                    .await
            }
        }
        Mock::given(method("POST"))
            .respond_with(answer)
            .mount(server)
            .await;
    }
}

async fn request_count(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

pub(super) fn bedrock_answer() -> Value {
    json!({"output": {"message": {"role": "assistant", "content": [{"text": "{}"}]}}, "stopReason": "end_turn", "usage": {}})
}

fn anthropic_answer() -> Value {
    json!({"content": [{"type": "tool_use", "input": {}}], "stop_reason": "tool_use", "usage": {}})
}

#[tokio::test]
async fn the_last_try_after_status_500_is_sent_without_a_schema() {
    let server = MockServer::start().await;
    let with_schema = body_partial_json(json!({"response_format": {"type": "json_schema"}}));
    Mock::given(with_schema)
        .respond_with(ResponseTemplate::new(500))
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .respond_with(openai_answer("{}"))
        .mount(&server)
        .await;
    let llm = llm(Provider::Openai, &server);
    for requests in [3, 6, 7] {
        llm.complete(&prompt()).await.unwrap();
        assert_eq!(server.received_requests().await.unwrap().len(), requests);
    }
}

#[tokio::test]
async fn an_answer_is_read_even_if_its_usage_is_malformed() {
    for (usage, input) in [
        (Value::Null, 0),
        (json!({"prompt_tokens": null, "completion_tokens": 3}), 0),
        (json!({"prompt_tokens": 12.0}), 12),
        (json!({"prompt_tokens": "12"}), 0),
        (json!("free"), 0),
        (json!([]), 0),
    ] {
        let choices = json!([{"message": {"content": "{}"}, "finish_reason": "stop"}]);
        let openai_response =
            ResponseTemplate::new(200).set_body_json(json!({"choices": choices, "usage": usage}));
        let openai_completion = llm(Provider::Openai, &answering(openai_response).await)
            .complete(&prompt())
            .await
            .unwrap();
        assert_eq!(
            (
                openai_completion.text.as_str(),
                openai_completion.usage.input
            ),
            ("{}", input),
            "{usage}"
        );
        let content = json!([{"type": "text", "text": "{}"}]);
        let usage = json!({"input_tokens": usage["prompt_tokens"], "output_tokens": null});
        let anthropic_response =
            ResponseTemplate::new(200).set_body_json(json!({"content": content, "usage": usage}));
        let anthropic_completion = llm(Provider::Anthropic, &answering(anthropic_response).await)
            .complete(&prompt())
            .await
            .unwrap();
        assert_eq!(
            (
                anthropic_completion.text.as_str(),
                anthropic_completion.usage.input
            ),
            ("{}", input),
            "{usage}"
        );
    }
}

#[tokio::test]
async fn content_is_read_from_all_the_fields_that_servers_use() {
    for message in [
        json!({"content": "{\"a\":1}"}),
        json!({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "{no}"}]}, {"type": "text", "text": "{\"a\":1}"}]}),
        json!({"content": [{"type": "text", "text": "{\"a\""}, {"type": "text", "text": ":1}"}]}),
        json!({"content": {"a": 1}}),
        json!({"content": null, "tool_calls": [{"function": {"name": "record", "arguments": "{\"a\":1}"}}]}),
        json!({"content": "", "reasoning_content": "{\"a\":1}"}),
    ] {
        let choices = json!([{"message": message, "finish_reason": "stop"}]);
        let template = ResponseTemplate::new(200).set_body_json(json!({"choices": choices}));
        let completion = llm(Provider::Openai, &answering(template).await)
            .complete(&prompt())
            .await
            .unwrap();
        assert_eq!(completion.text, "{\"a\":1}", "{message}");
    }
}

#[tokio::test]
async fn an_unreadable_success_is_not_retried_and_an_error_with_status_200_is_that_error() {
    let failing = |status| LlmError::Call(CallError::Failing(status));
    for (body, expected, requests) in [
        (
            json!({"object": "chat.completion"}),
            LlmError::Unreadable(Usage::default()),
            1,
        ),
        (json!([1]), LlmError::Unreadable(Usage::default()), 1),
        (
            json!({"error": {"message": "?", "code": "weird"}}),
            LlmError::Unreadable(Usage::default()),
            1,
        ),
        (
            json!({"error": {"code": 502, "message": "upstream"}}),
            failing(StatusCode::BAD_GATEWAY),
            3,
        ),
        (
            json!({"usage": {"prompt_tokens": 5}}),
            LlmError::Unreadable(Usage {
                input: 5,
                ..Usage::default()
            }),
            1,
        ),
    ] {
        let server = answering(ResponseTemplate::new(200).set_body_json(&body)).await;
        let error = llm(Provider::Openai, &server)
            .complete(&prompt())
            .await
            .unwrap_err();
        assert_eq!(error, expected, "{body}");
        assert_eq!(
            server.received_requests().await.unwrap().len(),
            requests,
            "{body}"
        );
    }
}

#[test]
fn limit_and_effort_are_sent_under_the_providers_names() {
    let target = Target {
        effort: Some(Effort::Low),
        max_output_tokens: 900,
        ..target()
    };
    let options = RequestOptions {
        has_effort: true,
        limit: LimitName::CompletionTokens,
        ..options(OutputFormat::Schema, false)
    };
    let openai = serialized(&openai::body(&target, &prompt(), options));
    assert!(
        openai.contains(r#""reasoning_effort": "low""#)
            && openai.contains(r#""max_completion_tokens": 900"#)
    );
    let anthropic = serialized(&anthropic::body(&target, &prompt(), options));
    assert!(
        anthropic.contains(r#""effort": "low""#) && anthropic.contains(r#""max_tokens": 900"#),
        "{anthropic}"
    );
}

#[tokio::test]
async fn parts_leave_room_for_instructions_and_answer_in_a_known_context() {
    let server = MockServer::start().await;
    let llm = |context_tokens, max_output_tokens| {
        with_settings(&LlmSettings {
            context_tokens,
            max_output_tokens,
            ..settings(Provider::Openai, &server)
        })
    };
    assert_eq!(llm(None, None).part_tokens(2000, 8000), 60_000);
    assert_eq!(
        llm(Some(8192), None).part_tokens(2000, 8000),
        8192 - 2000 - 8192 / 4
    );
    assert_eq!(
        llm(Some(8192), Some(500)).part_tokens(2000, 8000),
        8192 - 2000 - 500
    );
    assert_eq!(
        llm(Some(4096), None).part_tokens(4000, 8000),
        MIN_PART_TOKENS
    );
    assert_eq!(llm(Some(1_000_000), None).part_tokens(2000, 8000), 60_000);
}

/// Ollama silently drops the beginning of a prompt that is longer than its context
/// (Stirling-Tools/Stirling-PDF#7770).
#[tokio::test]
async fn a_prompt_was_truncated_if_the_server_counts_too_few_tokens() {
    let answer = |tokens: u64| {
        ResponseTemplate::new(200).set_body_json(json!({
            "choices": [{"message": {"content": "{}"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": tokens, "completion_tokens": 7}}))
    };
    let long = "The caller wants to change the appointment. ".repeat(400);
    for (tokens, is_truncated) in [
        (1499, false),
        (1500, true),
        (2050, true),
        (2300, false),
        (4100, false),
        (0, false),
    ] {
        let server = answering(answer(tokens)).await;
        let result = llm(Provider::Openai, &server)
            .complete(&Prompt {
                user: &long,
                ..prompt()
            })
            .await;
        assert_eq!(
            result.is_err_and(|error| error.kind() == "cut_off"),
            is_truncated,
            "{tokens}"
        );
    }
}

#[derive(serde::Deserialize)]
struct Family {
    name: String,
    provider: Provider,
    model: String,
    effort: Option<Effort>,
    /// The source of the expectations.
    source: String,
    path: Option<String>,
    /// Expected values by their JSON pointer in the body.
    sent: std::collections::BTreeMap<String, Value>,
    not_sent: Vec<String>,
}

/// Sends a request to every model family of `tests/cases/model-families.json` over HTTP.
#[tokio::test]
async fn every_model_family_gets_the_request_that_it_supports() {
    let families: Vec<Family> =
        serde_json::from_str(include_str!("../../../tests/cases/model-families.json")).unwrap();
    for family in families {
        assert!(!family.source.is_empty(), "{}", family.name);
        let server = MockServer::start().await;
        let answer = match family.provider {
            Provider::Anthropic => anthropic_answer(),
            Provider::Bedrock => bedrock_answer(),
            Provider::Openai | Provider::None => {
                json!({"choices": [{"message": {"content": "{}"}}]})
            }
        };
        let template = ResponseTemplate::new(200).set_body_json(answer);
        Mock::given(method("POST"))
            .respond_with(template)
            .mount(&server)
            .await;
        let llm = with_settings(&LlmSettings {
            model: family.model,
            effort: family.effort,
            ..settings(family.provider, &server)
        });
        llm.complete(&prompt()).await.unwrap();
        let request = server.received_requests().await.unwrap().remove(0);
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        for (pointer, value) in &family.sent {
            assert_eq!(
                body.pointer(pointer),
                Some(value),
                "{} {pointer} in {body}",
                family.name
            );
        }
        for pointer in &family.not_sent {
            assert_eq!(body.pointer(pointer), None, "{} {pointer}", family.name);
        }
        if let Some(path) = family.path {
            assert_eq!(request.url.path(), path, "{}", family.name);
        }
    }
}

/// A wrong `LLM_MODEL` is found before the first call if the provider describes single models.
#[tokio::test]
async fn a_check_finds_an_unknown_model_and_accepts_a_server_without_model_descriptions() {
    let openai =
        json!({"error": {"message": "The model 'x' does not exist", "code": "model_not_found"}});
    let anthropic =
        json!({"type": "error", "error": {"type": "not_found_error", "message": "model: x"}});
    let cases = [
        (Provider::Openai, 200, json!({"id": "model-1"}), 200, Ok(())),
        (Provider::Openai, 404, openai, 200, Err("unknown_model")),
        (
            Provider::Anthropic,
            200,
            json!({"id": "model-1"}),
            200,
            Ok(()),
        ),
        (
            Provider::Anthropic,
            404,
            anthropic,
            200,
            Err("unknown_model"),
        ),
        // vLLM, llama.cpp
        (
            Provider::Openai,
            404,
            json!({"detail": "Not Found"}),
            200,
            Ok(()),
        ),
        (
            Provider::Openai,
            404,
            json!({"detail": "Not Found"}),
            401,
            Err("unauthorised"),
        ),
        (Provider::Openai, 405, json!({}), 200, Ok(())),
        (Provider::Openai, 401, json!({}), 200, Err("unauthorised")),
        (Provider::Openai, 503, json!({}), 200, Err("failing")),
    ];
    for (provider, status, body, list_status, expected) in cases {
        let server = MockServer::start().await;
        let one = ResponseTemplate::new(status).set_body_json(&body);
        Mock::given(method("GET"))
            .and(path("/v1/models/model-1"))
            .respond_with(one)
            .mount(&server)
            .await;
        Mock::given(path("/v1/models"))
            .respond_with(ResponseTemplate::new(list_status))
            .mount(&server)
            .await;
        let result = llm(provider, &server)
            .check()
            .await
            .map_err(|error| error.kind());
        assert_eq!(result, expected, "{status} {body} {list_status}");
    }
}
