//! Extraction with a real inference server and a model that is too weak for the task.
//! `tests/real_model/run` starts the server.

use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Router, routing::post};
use common::llm::{Llm, Prompt};
use common::secrets::{SecretSet, Secrets};
use common::settings::Settings;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::harness::{Bench, call};

fn server() -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "the script passes the address of the server"
    )]
    std::env::var("REAL_MODEL_URL").unwrap()
}

/// Forwards requests and records the server's responses.
#[derive(Clone, Default)]
struct Recorder {
    statuses: Arc<Mutex<Vec<u16>>>,
    /// Whether to add length limits to the schema.
    limits_lengths: bool,
    answered: Arc<Notify>,
}

impl Recorder {
    /// Starts listening and returns the base URL of the OpenAI dialect.
    async fn start(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new()
            .route("/v1/chat/completions", post(forward))
            .with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        format!("http://{address}/v1")
    }

    fn statuses(&self) -> Vec<u16> {
        self.statuses.lock().unwrap().clone()
    }

    /// Waits until `count` requests were answered.
    async fn wait_for(&self, count: usize) {
        while self.statuses().len() < count {
            self.answered.notified().await;
        }
    }
}

/// Limits lists and texts in a schema. Without limits, such a small model never stops, and an
/// answer that is cut off is not used.
fn limit_lengths(schema: &mut Value) {
    match schema["type"].as_str() {
        Some("object") => schema["properties"]
            .as_object_mut()
            .unwrap()
            .values_mut()
            .for_each(limit_lengths),
        Some("array") => {
            schema["maxItems"] = json!(2);
            limit_lengths(&mut schema["items"]);
        }
        Some("string") if schema.get("enum").is_none() => schema["maxLength"] = json!(60),
        _ => {}
    }
}

async fn forward(State(recorder): State<Recorder>, body: Bytes) -> (StatusCode, Bytes) {
    let mut asked: Value = serde_json::from_slice(&body).unwrap();
    let body = match asked.pointer_mut("/response_format/json_schema/schema") {
        Some(schema) if recorder.limits_lengths => {
            limit_lengths(schema);
            asked.to_string().into()
        }
        _ => body,
    };
    let url = format!("{}/chat/completions", server());
    let request = common::http_client::build()
        .unwrap()
        .post(url)
        .header("content-type", "application/json")
        .body(body);
    let answer = request.send().await.unwrap();
    let status = answer.status();
    let body = answer.bytes().await.unwrap();
    recorder.statuses.lock().unwrap().push(status.as_u16());
    recorder.answered.notify_waiters();
    recorder.answered.notify_one();
    (status, body)
}

fn settings<'a>(url: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let common = [
        ("LLM_API_URL", url),
        ("LLM_MODEL", "smollm2"),
        ("LLM_TIMEOUT_MS", "600000"),
        ("LLM_MAX_OUTPUT_TOKENS", "64"),
    ];
    common
        .into_iter()
        .filter(|(name, _)| more.iter().all(|(other, _)| other != name))
        .chain(more.iter().copied())
        .collect()
}

/// Returns a call whose transcript has about 2,000 tokens, more than fits into the context.
fn long_call() -> Value {
    let turns: Vec<String> = (0..6)
        .map(|turn| {
            format!("Order {turn} came with a dent, so I want another one before the fair. ")
                .repeat(21)
        })
        .collect();
    call(
        "conv_1",
        1_762_966_237,
        &turns.iter().map(String::as_str).collect::<Vec<_>>(),
    )
}

#[tokio::test]
#[ignore = "asks a real server: tests/real_model/run"]
async fn the_strict_schema_is_accepted_and_its_field_order_kept() {
    let schema = r#"{"type":"object","properties":{"zebra":{"type":"string","enum":["red","blue"]},"apple":{"type":"boolean"}},
        "required":["zebra","apple"],"additionalProperties":false}"#;
    let schema = RawValue::from_string(schema.to_owned()).unwrap();
    let url = server();
    let variables = settings(
        &url,
        &[
            ("LLM_PROVIDER", "openai"),
            ("OPENMEMORY_API_URL", "http://127.0.0.1:1"),
        ],
    );
    let lookup = |name: &str| {
        variables
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| (*value).to_owned())
    };
    let settings = Settings::read(lookup).unwrap();
    let secrets = Secrets::fixed(SecretSet::read(|name| {
        (name == "LLM_API_KEY").then(|| "none".to_owned())
    }));
    let llm = Llm::new(
        common::http_client::build().unwrap(),
        &settings.llm,
        secrets,
    )
    .unwrap();
    llm.check().await.unwrap();
    let prompt = Prompt {
        system: "Answer in JSON.",
        user: "What colour is the sky?",
        name: "colour",
        schema: &schema,
        max_output_tokens: 60,
        is_short: true,
    };
    let completion = llm.complete(&prompt).await.unwrap();
    let answer: Value = serde_json::from_str(&completion.text).unwrap();
    assert_eq!(answer.as_object().unwrap().len(), 2, "{answer}");
    assert!(
        completion.text.find("zebra") < completion.text.find("apple"),
        "{}",
        completion.text
    );
    assert!(
        completion.usage.input > 10 && completion.usage.output > 5,
        "{:?}",
        completion.usage
    );
}

#[tokio::test]
#[ignore = "asks a real server: tests/real_model/run"]
async fn a_call_that_does_not_fit_the_context_is_split() {
    let recorder = Recorder::default();
    let url = recorder.start().await;
    let bench = Bench::with("openai", &settings(&url, &[])).await;
    let job = bench.store_call(&long_call()).await;
    tokio::select! {
        _ = bench.run(&job) => {}
        () = recorder.wait_for(2) => {}
    }
    let statuses = recorder.statuses();
    assert_eq!(
        statuses[..2],
        [400, 200],
        "the whole call is too long, its first part fits"
    );
}

#[tokio::test]
#[ignore = "asks a real server: tests/real_model/run"]
async fn a_call_is_split_before_sending_if_the_context_length_is_known() {
    let recorder = Recorder::default();
    let url = recorder.start().await;
    let bench = Bench::with("openai", &settings(&url, &[("LLM_CONTEXT_TOKENS", "4096")])).await;
    let job = bench.store_call(&long_call()).await;
    tokio::select! {
        _ = bench.run(&job) => {}
        () = recorder.wait_for(1) => {}
    }
    assert_eq!(recorder.statuses()[0], 200, "the first part fits");
}

#[tokio::test]
#[ignore = "asks a real server: tests/real_model/run"]
async fn after_a_timeout_the_call_is_extracted_without_the_model() {
    let url = server();
    let more = [("LLM_TIMEOUT_MS", "300"), ("LLM_MAX_ATTEMPTS", "1")];
    let bench = Bench::with("openai", &settings(&url, &more)).await;
    bench
        .extract(&call(
            "conv_1",
            1_762_966_237,
            &["Hello?", "I always want express shipping."],
        ))
        .await
        .unwrap();
    let record = bench.record("conv_1").await;
    assert_eq!(
        (&record["provider"], &record["declined"]),
        (&json!("none"), &json!("timed_out"))
    );
    assert!(!bench.contents().await.is_empty());
}

/// The model of this server invents things. Every stored memory must still be grounded in the
/// caller's words.
#[tokio::test]
#[ignore = "asks a real server: tests/real_model/run"]
async fn an_invented_memory_is_not_stored() {
    const ASKED: &str = "How can I help?";
    const SAID: &str =
        "It is Dana Whitfield. I moved to Leeds in May, so please ship to the new address.";
    let recorder = Recorder {
        limits_lengths: true,
        ..Recorder::default()
    };
    let url = recorder.start().await;
    let bench = Bench::with(
        "openai",
        &settings(&url, &[("LLM_MAX_OUTPUT_TOKENS", "1400")]),
    )
    .await;
    bench
        .extract(&call("conv_1", 1_762_966_237, &[ASKED, SAID]))
        .await
        .unwrap();
    let record = bench.record("conv_1").await;
    println!("{record:#}");
    assert_eq!(
        record["declined"],
        Value::Null,
        "the model gave a complete answer"
    );
    assert!(
        record["usage"]["output"].as_u64().unwrap() > 0,
        "the model received a request"
    );
    let words = |text: &str| -> Vec<String> {
        text.to_lowercase()
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| word.len() > 3)
            .map(str::to_owned)
            .collect()
    };
    let said = words(&format!("{ASKED} {SAID}"));
    for text in bench.contents().await {
        let shared = words(&text)
            .iter()
            .filter(|word| said.contains(word))
            .count();
        assert!(shared > 0, "no word of the call: {text}");
    }
}
