//! `EMBEDDINGS` decides by what the embedded memory store compares texts.

use std::process::Command;

use serde_json::{Value, json};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::harness::{AGENT, Process, SECRETS};

const CALLER: &str = "+12025550144";

/// The answer of the embedded store, under these settings, to a question in other words than the
/// memory.
async fn found(settings: &[(&str, &str)]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::start(&folder, settings);
    let memory =
        json!({"agent_id": AGENT, "caller_id": CALLER, "content": "Has a dog", "importance": 5});
    post(&process, "/api/v1/memories", &memory).await;
    let question = json!({"caller_id": CALLER, "query": "Hund"});
    let found = post(&process, "/api/v1/memories/search", &question).await;
    process.ask_to_stop();
    found["total_count"].clone()
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
async fn the_embedded_store_compares_as_embeddings_says() {
    assert_eq!(found(&[]).await, 1, "bundled vectors without any setting");
    assert_eq!(found(&[("EMBEDDINGS", "static")]).await, 1);
    assert_eq!(found(&[("EMBEDDINGS", "lexical")]).await, 0);
}

#[tokio::test]
async fn the_embedded_store_asks_the_embedding_server_with_its_key() {
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
    assert_eq!(found(&settings).await, 1);
    assert!(
        server.received_requests().await.unwrap().len() >= 2,
        "for the memory and for the question"
    );
}

#[cfg(feature = "local-embeddings")]
#[tokio::test]
async fn the_embedded_store_runs_a_model_out_of_a_folder() {
    let model = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../openmemory/tests/model/tiny/xlm-roberta"
    );
    let prefix = ("EMBEDDING_QUERY_PREFIX", "query ");
    assert!(
        found(&[("EMBEDDINGS", "local"), ("EMBEDDING_MODEL", model), prefix])
            .await
            .is_u64()
    );
}

#[cfg(feature = "local-embeddings")]
#[test]
fn a_model_that_is_not_there_is_named_by_its_missing_file() {
    let folder = tempfile::tempdir().unwrap();
    let ended = started_in(&folder)
        .envs([("EMBEDDINGS", "local"), ("EMBEDDING_MODEL", "models/none")])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ended.stderr) + String::from_utf8_lossy(&ended.stdout);
    assert!(
        !ended.status.success() && said.contains("config.json"),
        "{said}"
    );
}

/// The program, not yet running, in a folder without any file.
fn started_in(folder: &tempfile::TempDir) -> Command {
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
fn a_wrong_embedding_is_refused_with_every_other_wrong_setting() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = [
        ("EMBEDDINGS", "statik"),
        ("MIN_IMPORTANCE_TO_STORE", "eleven"),
    ];
    let ended = started_in(&folder).envs(wrong).output().unwrap();
    assert!(!ended.status.success());
    let said = String::from_utf8_lossy(&ended.stderr) + String::from_utf8_lossy(&ended.stdout);
    assert!(
        said.contains("EMBEDDINGS must be static, lexical, local or openai"),
        "{said}"
    );
    assert!(
        said.contains("MIN_IMPORTANCE_TO_STORE") && !said.contains("statik"),
        "{said}"
    );
    assert!(
        !folder.path().join("data/openmemory.db").exists(),
        "no store is opened"
    );
}
