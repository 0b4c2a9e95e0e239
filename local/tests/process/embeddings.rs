//! `EMBEDDINGS` selects how the embedded memory store compares texts.

use std::process::Command;

use serde_json::{Value, json};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::harness::{AGENT, Process, SECRETS};

const CALLER: &str = "+12025550144";

/// Returns the number of memories that the embedded store finds, under these settings, for a query
/// that shares no word with the memory.
async fn search_count(settings: &[(&str, &str)]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::start(&folder, settings);
    let memory =
        json!({"agent_id": AGENT, "caller_id": CALLER, "content": "Has a dog", "importance": 5});
    post(&process, "/api/v1/memories", &memory).await;
    let search = json!({"caller_id": CALLER, "query": "Hund"});
    let response = post(&process, "/api/v1/memories/search", &search).await;
    process.ask_to_stop();
    response["total_count"].clone()
}

async fn post(process: &Process, path: &str, body: &Value) -> Value {
    let request = process
        .http
        .post(format!("{}{path}", process.store))
        .body(body.to_string());
    let request = request
        .header("content-type", "application/json")
        .header("x-api-key", SECRETS[3].1);
    request.send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn the_embedded_store_compares_texts_as_configured() {
    assert_eq!(
        search_count(&[]).await,
        1,
        "the bundled vectors are the default"
    );
    assert_eq!(search_count(&[("EMBEDDINGS", "static")]).await, 1);
    assert_eq!(search_count(&[("EMBEDDINGS", "lexical")]).await, 0);
}

#[tokio::test]
async fn the_embedded_store_calls_the_embedding_server_with_its_key() {
    let server = MockServer::start().await;
    let answer = |request: &Request| {
        let body: Value = request.body_json().unwrap();
        assert_eq!(body["model"], "small");
        let texts = body["input"].as_array().unwrap();
        let is_dog = |text: &Value| {
            ["dog", "Hund"]
                .iter()
                .any(|word| text.as_str().unwrap().contains(word))
        };
        let vector = |text: &Value| if is_dog(text) { [1.0, 0.0] } else { [0.0, 1.0] };
        let item =
            |(index, text): (usize, &Value)| json!({"index": index, "embedding": vector(text)});
        let data: Vec<Value> = texts.iter().enumerate().map(item).collect();
        ResponseTemplate::new(200).set_body_json(json!({"data": data}))
    };
    let route = Mock::given(method("POST"))
        .and(path("/v1/embeddings"))
        .and(header("authorization", "Bearer key-of-the-model"));
    route.respond_with(answer).mount(&server).await;
    let url = format!("{}/v1", server.uri());
    let settings = [
        ("EMBEDDINGS", "openai"),
        ("EMBEDDING_MODEL", "small"),
        ("EMBEDDING_DIMENSIONS", "2"),
        ("EMBEDDING_API_URL", url.as_str()),
        ("EMBEDDING_API_KEY", "key-of-the-model"),
    ];
    assert_eq!(search_count(&settings).await, 1);
    assert!(
        server.received_requests().await.unwrap().len() >= 2,
        "one request for the memory and one for the query"
    );
}

#[cfg(feature = "local-embeddings")]
#[tokio::test]
async fn the_embedded_store_runs_a_model_from_a_folder() {
    let model = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../openmemory/tests/model/tiny/xlm-roberta"
    );
    let prefix = ("EMBEDDING_QUERY_PREFIX", "query ");
    assert!(
        search_count(&[("EMBEDDINGS", "local"), ("EMBEDDING_MODEL", model), prefix])
            .await
            .is_u64()
    );
}

#[cfg(feature = "local-embeddings")]
#[test]
fn the_error_for_a_missing_model_names_the_missing_file() {
    let folder = tempfile::tempdir().unwrap();
    let output = command_in(&folder)
        .envs([("EMBEDDINGS", "local"), ("EMBEDDING_MODEL", "models/none")])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
    assert!(
        !output.status.success() && text.contains("config.json"),
        "{text}"
    );
}

/// Returns a command that runs the program in an empty folder.
fn command_in(folder: &tempfile::TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_elaaoms-local"));
    command
        .args([
            "--port",
            "0",
            "--openmemory-port",
            "0",
            "--data-dir",
            "data",
        ])
        .env_clear()
        .envs(SECRETS);
    command.current_dir(folder.path());
    command
}

#[test]
fn an_invalid_embedding_is_reported_with_all_other_invalid_settings() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = [
        ("EMBEDDINGS", "statik"),
        ("MIN_IMPORTANCE_TO_STORE", "eleven"),
    ];
    let output = command_in(&folder).envs(wrong).output().unwrap();
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("EMBEDDINGS must be static, lexical, local, openai or bedrock"),
        "{text}"
    );
    assert!(
        text.contains("MIN_IMPORTANCE_TO_STORE") && !text.contains("statik"),
        "{text}"
    );
    assert!(
        !folder.path().join("data/openmemory.db").exists(),
        "no database is created"
    );
}
