//! `LLM_VERIFY`: a second request asks the model whether the call supports its memories.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::archive::Key;
use common::archive::folder::FolderArchive;
use serde::Deserialize;
use serde_json::{Value, json};
use wiremock::matchers::method;
use wiremock::{Mock, Request, ResponseTemplate};

use crate::archives::FailsRecordWrite;
use crate::harness::{Bench, answer, call, claim, openai};

const VERIFIES: (&str, &str) = ("LLM_VERIFY", "true");
const SECOND: i64 = 1_762_966_237;

/// A memory of the model that passes all rules.
#[derive(Clone, Deserialize)]
struct ClaimedMemory {
    content: String,
    quote: String,
    supported: bool,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    turns: Vec<String>,
    claims: Vec<ClaimedMemory>,
}

impl Case {
    fn call(&self) -> Value {
        call(
            "conv_1",
            SECOND,
            &self.turns.iter().map(String::as_str).collect::<Vec<_>>(),
        )
    }

    fn contents(&self, is_kept: impl Fn(&ClaimedMemory) -> bool) -> Vec<String> {
        let kept = self.claims.iter().filter(|claim| is_kept(claim));
        let mut contents: Vec<String> = kept.map(|claim| claim.content.clone()).collect();
        contents.sort();
        contents
    }
}

fn cases() -> Vec<Case> {
    let cases: Vec<Case> =
        serde_json::from_str(include_str!("../../../../tests/cases/verified-claims.json")).unwrap();
    assert!(cases.len() >= 12);
    cases
}

/// Returns the instructions and the data of a request in any dialect.
fn prompt_of(request: &Request) -> String {
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let text = |value: &Value| {
        value
            .as_str()
            .or_else(|| value[0]["text"].as_str())
            .unwrap_or_default()
            .to_owned()
    };
    let messages = body["messages"].as_array().unwrap();
    let all: Vec<String> = std::iter::once(&body["system"])
        .chain(messages.iter().map(|message| &message["content"]))
        .map(text)
        .collect();
    all.join("\n")
}

/// Returns the notes of a verification request; `None` for an extraction request.
fn notes(prompt: &str) -> Option<Vec<Value>> {
    let (_, rest) = prompt.rsplit_once("<notes>\n")?;
    serde_json::from_str(rest.split_once("\n</notes>")?.0).ok()
}

/// Returns a model's answer in the dialect of the request.
fn in_dialect(request: &Request, text: &str) -> ResponseTemplate {
    if request.url.path().ends_with("/messages") {
        return ResponseTemplate::new(200).set_body_json(json!({"content": [{"type": "text", "text": text}],
            "stop_reason": "end_turn", "usage": {"input_tokens": 600, "output_tokens": 200, "cache_read_input_tokens": 400}}));
    }
    if request.url.path().ends_with("/converse") {
        return ResponseTemplate::new(200).set_body_json(json!({"output": {"message": {"role": "assistant",
            "content": [{"text": text}]}}, "stopReason": "end_turn", "usage": {"inputTokens": 1000, "outputTokens": 200}}));
    }
    openai(text)
}

/// Makes the model answer these memories, and judge them as the case says.
async fn model_claims(bench: &Bench<impl common::archive::Archive>, claims: &[ClaimedMemory]) {
    let claims = claims.to_vec();
    let respond = move |request: &Request| {
        let text = match notes(&prompt_of(request)) {
            None => answer(
                &claims
                    .iter()
                    .map(|one| claim(&one.content, 1, &one.quote))
                    .collect::<Vec<_>>(),
            )
            .to_string(),
            Some(notes) => {
                let verdict = |note: &Value| {
                    let claimed = claims
                        .iter()
                        .find(|claim| note["note"] == claim.content.as_str())
                        .unwrap();
                    let verdict = if claimed.supported { "yes" } else { "no" };
                    json!({"number": note["number"], "supported": verdict})
                };
                json!({"checks": notes.iter().map(verdict).collect::<Vec<_>>()}).to_string()
            }
        };
        in_dialect(request, &text)
    };
    bench.provider.reset().await;
    Mock::given(method("POST"))
        .respond_with(respond)
        .mount(&bench.provider)
        .await;
}

#[tokio::test]
async fn a_false_memory_that_passes_the_rules_is_dropped_if_verification_denies_it() {
    for case in cases() {
        let without = Bench::openai().await;
        model_claims(&without, &case.claims).await;
        without.extract(&case.call()).await.unwrap();
        assert_eq!(
            without.contents().await,
            case.contents(|_| true),
            "{}: without the second question",
            case.name
        );
        assert_eq!(without.calls().await, 1, "{}", case.name);

        let bench = Bench::with("openai", &[VERIFIES]).await;
        model_claims(&bench, &case.claims).await;
        bench.extract(&case.call()).await.unwrap();
        assert_eq!(
            bench.contents().await,
            case.contents(|claim| claim.supported),
            "{}",
            case.name
        );
        assert_eq!(bench.calls().await, 2, "{}", case.name);
        let record = bench.record("conv_1").await;
        let denied = case.claims.iter().filter(|claim| !claim.supported).count();
        assert_eq!(
            record["dropped"]["unverified"].as_u64().unwrap_or_default(),
            denied as u64,
            "{}",
            case.name
        );
        assert_eq!(record["verification"], "ok", "{}", case.name);
        assert_eq!(
            (&record["usage"]["input"], &record["usage"]["output"]),
            (&json!(2000), &json!(400))
        );
        without.stop().await;
        bench.stop().await;
    }
}

#[tokio::test]
async fn every_provider_gets_one_verification_request_with_a_small_token_limit() {
    let case = &cases()[0];
    let openai = [("LLM_MAX_OUTPUT_TOKENS", "6000")];
    let bedrock = [
        ("AWS_REGION", "eu-central-1"),
        ("LLM_MODEL", "anthropic.claude-haiku-4-5"),
        ("LLM_API_KEY", "bedrock-api-key-example"),
    ];
    for (provider, more, limit) in [
        ("openai", &openai[..], "/max_completion_tokens"),
        ("anthropic", &[], "/max_tokens"),
        ("bedrock", &bedrock, "/inferenceConfig/maxTokens"),
    ] {
        let bench = Bench::with(provider, &[more, &[VERIFIES][..]].concat()).await;
        model_claims(&bench, &case.claims).await;
        bench.extract(&case.call()).await.unwrap();
        assert_eq!(
            bench.contents().await,
            case.contents(|claim| claim.supported),
            "{provider}"
        );
        let requests = bench.provider.received_requests().await.unwrap();
        assert_eq!(requests.len(), 2, "{provider}");
        let body: Value = serde_json::from_slice(&requests[1].body).unwrap();
        let tokens = body
            .pointer(limit)
            .and_then(Value::as_u64)
            .unwrap_or_else(|| panic!("{provider}: {body}"));
        assert!((1000..1200).contains(&tokens), "{provider}: {tokens}");
        let text = body.to_string();
        assert!(
            text.contains("memory_check") || text.contains("supported"),
            "{provider}: a schema {body}"
        );
        let notes = notes(&prompt_of(&requests[1])).unwrap();
        assert_eq!(notes.len(), case.claims.len(), "{provider}");
        assert_eq!(notes[0]["question"], case.turns[0].as_str(), "{provider}");
        assert!(
            case.turns[1].contains(notes[0]["caller"].as_str().unwrap()),
            "{provider}: {notes:?}"
        );
        bench.stop().await;
    }
}

#[tokio::test]
async fn without_a_verification_answer_all_memories_are_kept_and_nothing_is_retried() {
    let case = &cases()[0];
    let finish = |reason: &str, message: Value| {
        ResponseTemplate::new(200).set_body_json(
            json!({"choices": [{"message": message, "finish_reason": reason}],
            "usage": {"prompt_tokens": 50, "completion_tokens": 7}}),
        )
    };
    for (name, template, outcome, paid) in [
        ("an outage", ResponseTemplate::new(500), "failing", 1000),
        (
            "too many requests",
            ResponseTemplate::new(429).insert_header("retry-after", "0"),
            "throttled",
            1000,
        ),
        (
            "a refused key",
            ResponseTemplate::new(401),
            "unauthorised",
            1000,
        ),
        (
            "a slow model",
            openai("{}").set_delay(Duration::from_secs(600)),
            "timed_out",
            1000,
        ),
        (
            "prose",
            openai("They all look fine to me."),
            "unreadable",
            2000,
        ),
        (
            "no verdicts",
            openai(r#"{"checks":[]}"#),
            "unreadable",
            2000,
        ),
        (
            "cut off",
            finish("length", json!({"content": "{"})),
            "cut_off",
            1050,
        ),
        (
            "a refusal",
            finish("stop", json!({"content": null, "refusal": "No."})),
            "model_refused",
            1050,
        ),
        (
            "filtered",
            finish("content_filter", json!({"content": null})),
            "filtered",
            1050,
        ),
    ] {
        let timeout = ("LLM_TIMEOUT_MS", "5000");
        let bench = Bench::with("openai", &[VERIFIES, timeout]).await;
        let claims: Vec<Value> = case
            .claims
            .iter()
            .map(|one| claim(&one.content, 1, &one.quote))
            .collect();
        let first = openai(&answer(&claims).to_string());
        let second = Arc::new(Mutex::new(template));
        let respond = move |request: &Request| match notes(&prompt_of(request)) {
            None => first.clone(),
            Some(_) => second.lock().unwrap().clone(),
        };
        Mock::given(method("POST"))
            .respond_with(respond)
            .mount(&bench.provider)
            .await;
        bench.extract(&case.call()).await.unwrap();
        assert_eq!(bench.contents().await, case.contents(|_| true), "{name}");
        assert_eq!(bench.calls().await, 2, "{name}");
        let record = bench.record("conv_1").await;
        assert_eq!(
            (&record["provider"], &record["declined"]),
            (&json!("openai"), &Value::Null),
            "{name}"
        );
        assert_eq!(record["verification"], outcome, "{name}");
        assert_eq!(record["usage"]["input"], paid, "{name}");
        bench.stop().await;
    }
}

#[tokio::test]
async fn a_retried_job_pays_for_neither_answer_twice() {
    let case = &cases()[0];
    let folder = tempfile::tempdir().unwrap();
    let archive =
        FailsRecordWrite::new(FolderArchive::open(folder.path().join("data"), None).unwrap());
    let bench = Bench::over(folder, archive.clone(), "openai", &[VERIFIES]).await;
    model_claims(&bench, &case.claims).await;
    let job = bench.store_call(&case.call()).await;
    assert!(bench.run(&job).await.unwrap_err().is_outage());
    assert_eq!(bench.calls().await, 2);
    archive.heal();
    bench.run(&job).await.unwrap();
    assert_eq!(bench.calls().await, 2, "both answers were cached");
    assert_eq!(
        bench.contents().await,
        case.contents(|claim| claim.supported)
    );
    assert_eq!(
        bench.record("conv_1").await["usage"]["input"],
        2000,
        "earlier requests are counted once"
    );
    use common::archive::Archive;
    let kept = bench
        .archive
        .list(&Key::extractions_of(&job.conversation_id))
        .await
        .unwrap();
    assert!(
        kept.iter()
            .any(|key| key.as_str().ends_with(".part-check.json")),
        "forgetting the call finds it: {kept:?}"
    );
}

#[tokio::test]
async fn a_paid_verification_that_failed_is_not_retried() {
    let case = &cases()[0];
    let folder = tempfile::tempdir().unwrap();
    let archive =
        FailsRecordWrite::new(FolderArchive::open(folder.path().join("data"), None).unwrap());
    let bench = Bench::over(folder, archive.clone(), "openai", &[VERIFIES]).await;
    let claims: Vec<Value> = case
        .claims
        .iter()
        .map(|one| claim(&one.content, 1, &one.quote))
        .collect();
    let first = openai(&answer(&claims).to_string());
    let respond = move |request: &Request| match notes(&prompt_of(request)) {
        None => first.clone(),
        Some(_) => openai("They all look fine to me."),
    };
    Mock::given(method("POST"))
        .respond_with(respond)
        .mount(&bench.provider)
        .await;
    let job = bench.store_call(&case.call()).await;
    assert!(bench.run(&job).await.unwrap_err().is_outage());
    archive.heal();
    bench.run(&job).await.unwrap();
    assert_eq!(bench.calls().await, 2);
    assert_eq!(bench.contents().await, case.contents(|_| true));
}

#[tokio::test]
async fn the_memories_of_a_split_call_are_verified_in_one_request() {
    let bench = Bench::with("openai", &[VERIFIES, ("LLM_PART_TOKENS", "1000")]).await;
    let said = |marker: &str| format!("It is about the {marker}, {}", "as I said ".repeat(240));
    let turns = [
        "Go on.".to_owned(),
        said("lantern"),
        "Go on.".to_owned(),
        said("harbour"),
    ];
    let turns: Vec<&str> = turns.iter().map(String::as_str).collect();
    let respond = |request: &Request| {
        let prompt = prompt_of(request);
        if let Some(notes) = notes(&prompt) {
            assert_eq!(notes.len(), 2, "{notes:?}");
            return openai(
                r#"{"checks":[{"number":1,"supported":"yes"},{"number":2,"supported":"no"}]}"#,
            );
        }
        let marker = if prompt.contains("lantern") {
            "lantern"
        } else {
            "harbour"
        };
        let content = format!("The caller spoke about the {marker}.");
        openai(&answer(&[claim(&content, 0, &format!("It is about the {marker}"))]).to_string())
    };
    Mock::given(method("POST"))
        .respond_with(respond)
        .mount(&bench.provider)
        .await;
    bench
        .extract(&call("conv_1", SECOND, &turns))
        .await
        .unwrap();
    assert_eq!(bench.calls().await, 3);
    assert_eq!(
        bench.contents().await,
        ["The caller spoke about the lantern."]
    );
}

#[tokio::test]
async fn a_call_without_memories_is_not_verified() {
    let bench = Bench::with("openai", &[VERIFIES]).await;
    model_claims(&bench, &[]).await;
    bench
        .extract(&call(
            "conv_1",
            SECOND,
            &["Hello?", "I only wanted to say thanks."],
        ))
        .await
        .unwrap();
    assert_eq!(bench.calls().await, 1);
    assert_eq!(bench.record("conv_1").await["verification"], Value::Null);
}
