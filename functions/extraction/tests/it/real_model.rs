//! Extraction with a real inference server and a model that is too weak for the task. `tests/real_model/run` starts both.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

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
    #[expect(clippy::disallowed_methods, reason = "the script says where the server is")]
    std::env::var("REAL_MODEL_URL").unwrap()
}

/// Passes requests on and keeps what the server answers.
#[derive(Clone, Default)]
struct Recorder {
    statuses: Arc<Mutex<Vec<u16>>>,
    answered: Arc<Notify>,
}

impl Recorder {
    /// Listens at the base of an OpenAI dialect.
    async fn start(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/v1/chat/completions", post(pass_on)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        format!("http://{address}/v1")
    }

    fn statuses(&self) -> Vec<u16> {
        self.statuses.lock().unwrap().clone()
    }

    /// Waits until so many requests were answered.
    async fn wait_for(&self, count: usize) {
        while self.statuses().len() < count {
            self.answered.notified().await;
        }
    }
}

async fn pass_on(State(recorder): State<Recorder>, body: Bytes) -> (StatusCode, Bytes) {
    let url = format!("{}/chat/completions", server());
    let request = common::http_client::build().unwrap().post(url).header("content-type", "application/json").body(body);
    let answer = request.send().await.unwrap();
    let status = answer.status();
    let body = answer.bytes().await.unwrap();
    recorder.statuses.lock().unwrap().push(status.as_u16());
    recorder.answered.notify_waiters();
    recorder.answered.notify_one();
    (status, body)
}

fn settings<'a>(url: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let common =
        [("LLM_API_URL", url), ("LLM_MODEL", "smollm2"), ("LLM_TIMEOUT_MS", "600000"), ("LLM_MAX_OUTPUT_TOKENS", "64")];
    common
        .into_iter()
        .filter(|(name, _)| more.iter().all(|(other, _)| other != name))
        .chain(more.iter().copied())
        .collect()
}

/// A call whose transcript alone has some 2,700 tokens, more than the context leaves.
fn long_call() -> Value {
    let turns: Vec<String> = (0..6)
        .map(|turn| format!("Order {turn} came with a dent, so I want another one before the fair. ").repeat(28))
        .collect();
    call("conv_1", 1_762_966_237, &turns.iter().map(String::as_str).collect::<Vec<_>>())
}

#[tokio::test]
#[ignore = "asks a real server: tests/real_model/run"]
async fn the_strict_schema_is_accepted_and_its_order_kept() {
    let schema = r#"{"type":"object","properties":{"zebra":{"type":"string","enum":["red","blue"]},"apple":{"type":"boolean"}},
        "required":["zebra","apple"],"additionalProperties":false}"#;
    let schema = RawValue::from_string(schema.to_owned()).unwrap();
    let url = server();
    let variables = settings(&url, &[("LLM_PROVIDER", "openai"), ("OPENMEMORY_API_URL", "http://127.0.0.1:1")]);
    let lookup = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    let settings = Settings::read(lookup).unwrap();
    let secrets = Secrets::fixed(SecretSet::read(|name| (name == "LLM_API_KEY").then(|| "none".to_owned())));
    let llm = Llm::new(common::http_client::build().unwrap(), &settings.llm, secrets).unwrap();
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
    assert!(completion.text.find("zebra") < completion.text.find("apple"), "{}", completion.text);
    assert!(completion.usage.input > 10 && completion.usage.output > 5, "{:?}", completion.usage);
}

#[tokio::test]
#[ignore = "asks a real server: tests/real_model/run"]
async fn a_call_that_does_not_fit_is_split() {
    let recorder = Recorder::default();
    let url = recorder.start().await;
    let bench = Bench::with("openai", &settings(&url, &[])).await;
    let job = bench.keep(&long_call()).await;
    tokio::select! {
        _ = bench.run(&job) => {}
        () = recorder.wait_for(2) => {}
    }
    let statuses = recorder.statuses();
    assert_eq!(statuses[..2], [400, 200], "too long, and its first part");
}

#[tokio::test]
#[ignore = "asks a real server: tests/real_model/run"]
async fn a_call_is_split_before_it_is_sent_where_the_context_is_known() {
    let recorder = Recorder::default();
    let url = recorder.start().await;
    let bench = Bench::with("openai", &settings(&url, &[("LLM_CONTEXT_TOKENS", "4096")])).await;
    let job = bench.keep(&long_call()).await;
    tokio::select! {
        _ = bench.run(&job) => {}
        () = recorder.wait_for(1) => {}
    }
    assert_eq!(recorder.statuses()[0], 200, "its first part fits");
}

#[tokio::test]
#[ignore = "asks a real server: tests/real_model/run"]
async fn a_slow_answer_costs_its_time_limit_and_no_more() {
    let url = server();
    let more = [("LLM_TIMEOUT_MS", "300"), ("LLM_MAX_ATTEMPTS", "1")];
    let bench = Bench::with("openai", &settings(&url, &more)).await;
    let started = Instant::now();
    bench.extract(&call("conv_1", 1_762_966_237, &["Hello?", "I always want express shipping."])).await.unwrap();
    let record = bench.record("conv_1").await;
    assert_eq!((&record["provider"], &record["declined"]), (&json!("none"), &json!("timed_out")));
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

/// The model of this server makes things up. Whatever it answers, a memory rests on words of the caller.
#[tokio::test]
#[ignore = "asks a real server: tests/real_model/run"]
async fn nothing_that_the_model_made_up_is_stored() {
    const SAID: &str = "It is Dana Whitfield. I moved to Leeds in May, so please ship to the new address.";
    let url = server();
    let bench = Bench::with("openai", &settings(&url, &[("LLM_MAX_OUTPUT_TOKENS", "400")])).await;
    bench.extract(&call("conv_1", 1_762_966_237, &["How can I help?", SAID])).await.unwrap();
    let record = bench.record("conv_1").await;
    println!("{record:#}");
    assert!(record["usage"]["output"].as_u64().unwrap() > 0, "the model was asked");
    let words = |text: &str| -> Vec<String> {
        text.to_lowercase()
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| word.len() > 3)
            .map(str::to_owned)
            .collect()
    };
    let said = words(SAID);
    for memory in bench.memories().await {
        let content = words(&memory.content);
        let shared = content.iter().filter(|word| said.contains(word)).count();
        assert!(shared > 0, "no word of the caller: {}", memory.content);
    }
}
