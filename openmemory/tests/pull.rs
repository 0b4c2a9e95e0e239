//! Tests `openmemory model pull` against a fake hub.

#![cfg(feature = "local-embeddings")]
#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use openmemory::{ModelName, Pull, PullError, Pulled, pull};
use secrecy::SecretString;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use wiremock::matchers::{any, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const WEIGHTS: &[u8] = b"weights, weights, weights";
const CONFIG: &[u8] =
    br#"{"model_type": "xlm-roberta", "max_position_embeddings": 514, "pad_token_id": 1}"#;
const POOLING: &[u8] = br#"{"pooling_mode_mean_tokens": true}"#;
const TOKEN: &str = "hf_of-nobody";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn git_blob(content: &[u8]) -> String {
    hex(&Sha1::digest(
        [format!("blob {}\0", content.len()).as_bytes(), content].concat(),
    ))
}

fn sha256(content: &[u8]) -> String {
    hex(&Sha256::digest(content))
}

/// The hub's response with a small file.
fn small(content: &[u8]) -> ResponseTemplate {
    ResponseTemplate::new(200)
        .insert_header("x-repo-commit", COMMIT)
        .insert_header("etag", format!("\"{}\"", git_blob(content)))
        .set_body_bytes(content)
}

/// The hub's redirect to a file in large file storage.
fn large(content: &[u8], storage: &str) -> ResponseTemplate {
    ResponseTemplate::new(302)
        .insert_header("x-repo-commit", COMMIT)
        .insert_header("x-linked-etag", format!("\"{}\"", sha256(content)))
        .insert_header("x-linked-size", content.len().to_string())
        .insert_header("location", storage)
}

async fn serves(server: &MockServer, file: &str, answer: ResponseTemplate) {
    for revision in ["main", COMMIT] {
        let route = Mock::given(method("GET")).and(path(format!(
            "/someone/small-model/resolve/{revision}/{file}"
        )));
        route.respond_with(answer.clone()).mount(server).await;
    }
}

/// A hub with all files of a model except its weights.
async fn hub() -> MockServer {
    let server = MockServer::start().await;
    serves(&server, "config.json", small(CONFIG)).await;
    serves(&server, "tokenizer.json", small(b"{}")).await;
    serves(&server, "1_Pooling/config.json", small(POOLING)).await;
    server
}

/// A storage server with the weights under `/weights`.
async fn storage(weights: &[u8]) -> MockServer {
    let server = MockServer::start().await;
    let stored = ResponseTemplate::new(200)
        .insert_header("etag", "\"of-the-storage\"")
        .set_body_bytes(weights);
    Mock::given(path("/weights"))
        .respond_with(stored)
        .mount(&server)
        .await;
    server
}

/// A pull into a folder that does not exist yet.
struct Pulling {
    parent: TempDir,
    pull: Pull,
}

impl Pulling {
    fn from(endpoint: &str) -> Self {
        let parent = tempfile::tempdir().unwrap();
        let pull = Pull {
            name: ModelName::parse("someone/small-model").unwrap(),
            into: Some(parent.path().join("models/small-model")),
            endpoint: endpoint.to_owned(),
            token: Some(SecretString::from(TOKEN.to_owned())),
            extra_ca_file: None,
        };
        Self { parent, pull }
    }

    fn folder(&self) -> PathBuf {
        self.pull.into.clone().unwrap()
    }

    async fn run(&self) -> Result<Pulled, PullError> {
        pull(&self.pull, false).await
    }

    async fn fails(&self) -> String {
        let error = self.run().await.unwrap_err().to_string();
        assert_eq!(
            std::fs::read_dir(self.parent.path()).unwrap().count(),
            0,
            "nothing is left behind: {error}"
        );
        assert!(!error.contains(TOKEN));
        error
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_complete_model_of_one_commit_is_downloaded_through_a_redirect() {
    let (hub, storage) = (hub().await, storage(WEIGHTS).await);
    serves(
        &hub,
        "model.safetensors",
        large(WEIGHTS, &format!("{}/weights", storage.uri())),
    )
    .await;
    let pulling = Pulling::from(&hub.uri());
    let pulled = pulling.run().await.unwrap();
    assert_eq!(
        (pulled.revision.as_str(), pulled.unchecked.len()),
        (COMMIT, 0)
    );
    assert_eq!(
        names(&pulling.folder()),
        [
            "1_Pooling",
            "config.json",
            "model.safetensors",
            "tokenizer.json"
        ]
    );
    assert_eq!(
        std::fs::read(pulling.folder().join("model.safetensors")).unwrap(),
        WEIGHTS
    );
    assert_eq!(
        std::fs::read(pulling.folder().join("1_Pooling/config.json")).unwrap(),
        POOLING
    );
    let asked: Vec<String> = hub
        .received_requests()
        .await
        .unwrap()
        .iter()
        .map(|request| request.url.path().to_owned())
        .collect();
    assert!(
        asked[0].contains("/main/") && asked[1..].iter().all(|path| path.contains(COMMIT)),
        "{asked:?}"
    );
}

#[tokio::test]
async fn the_token_is_sent_to_the_hub_but_not_to_redirect_targets() {
    let (hub, storage) = (hub().await, storage(WEIGHTS).await);
    serves(
        &hub,
        "model.safetensors",
        large(WEIGHTS, &format!("{}/weights", storage.uri())),
    )
    .await;
    Pulling::from(&hub.uri()).run().await.unwrap();
    let tokens = |requests: Vec<wiremock::Request>| -> Vec<Option<String>> {
        let token = |request: &wiremock::Request| {
            Some(
                request
                    .headers
                    .get("authorization")?
                    .to_str()
                    .unwrap()
                    .to_owned(),
            )
        };
        requests.iter().map(token).collect()
    };
    let shown = tokens(hub.received_requests().await.unwrap());
    assert!(
        shown
            .iter()
            .all(|token| token.as_deref() == Some("Bearer hf_of-nobody")),
        "{shown:?}"
    );
    assert_eq!(tokens(storage.received_requests().await.unwrap()), [None]);
}

#[tokio::test]
async fn a_redirect_within_the_hub_is_followed_with_the_token() {
    let (hub, storage) = (hub().await, storage(WEIGHTS).await);
    // The ETag of the redirect differs from that of the file.
    let renamed = ResponseTemplate::new(307)
        .insert_header("etag", format!("\"{}\"", git_blob(b"see there")))
        .insert_header("location", "/someone/new-name/weights");
    serves(&hub, "model.safetensors", renamed).await;
    let answer = large(WEIGHTS, &format!("{}/weights", storage.uri()));
    Mock::given(path("/someone/new-name/weights"))
        .and(wiremock::matchers::header(
            "authorization",
            "Bearer hf_of-nobody",
        ))
        .respond_with(answer)
        .mount(&hub)
        .await;
    assert_eq!(
        Pulling::from(&hub.uri())
            .run()
            .await
            .unwrap()
            .unchecked
            .len(),
        0
    );
}

#[tokio::test]
async fn a_wrong_checksum_or_size_leaves_no_files() {
    for (stored, what) in [
        (&b"weights, weights, weighty"[..], "checksum"),
        (b"weights", "size"),
        (&[7; 90], "size"),
    ] {
        let (hub, storage) = (hub().await, storage(stored).await);
        serves(
            &hub,
            "model.safetensors",
            large(WEIGHTS, &format!("{}/weights", storage.uri())),
        )
        .await;
        let error = Pulling::from(&hub.uri()).fails().await;
        assert!(
            error.contains("model.safetensors") && error.contains(what),
            "{error}"
        );
    }
    let hub = MockServer::start().await;
    let tampered = small(CONFIG).set_body_bytes([CONFIG, b" "].concat());
    serves(&hub, "config.json", tampered).await;
    let error = Pulling::from(&hub.uri()).fails().await;
    assert!(
        error.contains("config.json") && error.contains("checksum"),
        "{error}"
    );
}

#[tokio::test]
async fn a_file_without_a_known_checksum_is_reported() {
    let hub = hub().await;
    let plain = ResponseTemplate::new(200)
        .insert_header("etag", "\"5f3a-6abc\"")
        .set_body_bytes(WEIGHTS);
    serves(&hub, "model.safetensors", plain).await;
    assert_eq!(
        Pulling::from(&hub.uri()).run().await.unwrap().unchecked,
        ["model.safetensors"]
    );
}

#[tokio::test]
async fn a_missing_file_is_named_unless_it_is_optional() {
    let hub = hub().await;
    let error = Pulling::from(&hub.uri()).fails().await;
    assert!(error.contains("model.safetensors"), "{error}");
    let empty = MockServer::start().await;
    let error = Pulling::from(&empty.uri()).fails().await;
    assert!(error.contains("config.json"), "{error}");
}

#[tokio::test]
async fn a_private_model_requires_a_token() {
    let hub = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(401))
        .mount(&hub)
        .await;
    let error = Pulling::from(&hub.uri()).fails().await;
    assert!(error.contains("HF_TOKEN"), "{error}");
}

#[tokio::test]
async fn an_unsupported_model_is_rejected_before_its_weights_are_downloaded() {
    let hub = hub().await;
    hub.reset().await;
    serves(&hub, "config.json", small(br#"{"model_type": "mpnet"}"#)).await;
    let error = Pulling::from(&hub.uri()).fails().await;
    assert!(error.contains("model_type"), "{error}");
    let asked = hub.received_requests().await.unwrap();
    assert!(
        !asked
            .iter()
            .any(|request| request.url.path().ends_with("model.safetensors"))
    );
}

#[tokio::test]
async fn a_folder_with_files_is_not_overwritten() {
    let hub = hub().await;
    let pulling = Pulling::from(&hub.uri());
    std::fs::create_dir_all(pulling.folder()).unwrap();
    std::fs::write(pulling.folder().join("notes.txt"), "mine").unwrap();
    assert!(
        pulling
            .run()
            .await
            .unwrap_err()
            .to_string()
            .contains("not empty")
    );
    assert_eq!(names(&pulling.folder()), ["notes.txt"]);
    assert!(hub.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_failed_pull_into_an_empty_folder_leaves_it_empty() {
    let hub = hub().await;
    let pulling = Pulling::from(&hub.uri());
    std::fs::create_dir_all(pulling.folder()).unwrap();
    assert!(pulling.run().await.is_err());
    assert!(names(&pulling.folder()).is_empty());
}

/// A storage server that aborts the first response after a few bytes. With `resumes` it supports
/// range requests, otherwise it starts again. The task returns the requests it received.
async fn breaking_storage(resumes: bool) -> (String, tokio::task::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/weights", listener.local_addr().unwrap());
    let task = tokio::spawn(async move {
        let mut asked = Vec::new();
        for turn in 0..2 {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4096];
            let read = stream.read(&mut request).await.unwrap();
            asked.push(String::from_utf8_lossy(&request[..read]).to_lowercase());
            let size = WEIGHTS.len();
            let (head, body) = match (turn, resumes) {
                (0, _) => (format!("200 OK\r\ncontent-length: {size}"), &WEIGHTS[..9]),
                (_, true) => {
                    let range = format!("content-range: bytes 9-{}/{size}", size - 1);
                    (
                        format!(
                            "206 Partial Content\r\n{range}\r\ncontent-length: {}",
                            size - 9
                        ),
                        &WEIGHTS[9..],
                    )
                }
                (_, false) => (format!("200 OK\r\ncontent-length: {size}"), WEIGHTS),
            };
            let head = format!("HTTP/1.1 {head}\r\nconnection: close\r\n\r\n");
            stream
                .write_all(&[head.as_bytes(), body].concat())
                .await
                .unwrap();
            stream.flush().await.unwrap();
        }
        asked
    });
    (address, task)
}

#[tokio::test]
async fn an_interrupted_download_resumes_or_restarts() {
    for resumes in [true, false] {
        let hub = hub().await;
        let (address, storage) = breaking_storage(resumes).await;
        serves(&hub, "model.safetensors", large(WEIGHTS, &address)).await;
        let pulling = Pulling::from(&hub.uri());
        assert_eq!(pulling.run().await.unwrap().unchecked.len(), 0);
        assert_eq!(
            std::fs::read(pulling.folder().join("model.safetensors")).unwrap(),
            WEIGHTS
        );
        let asked = storage.await.unwrap();
        assert!(
            !asked[0].contains("range:") && asked[1].contains("range: bytes=9-"),
            "{asked:?}"
        );
    }
}

#[tokio::test]
async fn a_download_fails_after_repeated_hub_errors() {
    let hub = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(503))
        .mount(&hub)
        .await;
    let error = Pulling::from(&hub.uri()).fails().await;
    assert!(error.contains("503"), "{error}");
}

/// Runs the program in the given folder.
fn openmemory(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_openmemory"));
    command
        .current_dir(folder)
        .args(arguments)
        .env_remove("HF_ENDPOINT")
        .env_remove("HF_TOKEN");
    command.envs(variables.iter().copied()).output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_uses_hf_endpoint_and_prints_the_settings() {
    let (hub, storage) = (hub().await, storage(WEIGHTS).await);
    serves(
        &hub,
        "model.safetensors",
        large(WEIGHTS, &format!("{}/weights", storage.uri())),
    )
    .await;
    let folder = tempfile::tempdir().unwrap();
    // Settings of the service are ignored.
    let service = ("DATABASE_URL", "sqlite://unused.db".to_owned());
    let variables = [
        ("HF_ENDPOINT", hub.uri()),
        ("HF_TOKEN", TOKEN.to_owned()),
        service,
    ];
    let variables = variables
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let pulls = ["model", "pull", "someone/small-model@main"];
    let output = openmemory(folder.path(), &pulls, &variables);
    let (said, complained) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{complained}");
    let placed = folder
        .path()
        .canonicalize()
        .unwrap()
        .join("models/small-model");
    assert!(said.contains("EMBEDDINGS=local\n"), "{said}");
    assert!(
        said.contains(&format!("EMBEDDING_MODEL={}\n", placed.display())),
        "{said}"
    );
    assert!(
        complained.is_empty(),
        "no progress without a terminal: {complained}"
    );
    let again = openmemory(folder.path(), &pulls, &variables);
    assert!(!again.status.success() && String::from_utf8_lossy(&again.stderr).contains("--into"));
}

#[test]
fn a_wrong_name_or_endpoint_is_rejected_without_printing_the_token() {
    let folder = tempfile::tempdir().unwrap();
    for (name, endpoint) in [
        ("../model", "http://127.0.0.1:1"),
        ("someone/model", "hub.example"),
    ] {
        let variables = [("HF_ENDPOINT", endpoint), ("HF_TOKEN", TOKEN)];
        let output = openmemory(folder.path(), &["model", "pull", name], &variables);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && !said.contains(TOKEN), "{said}");
    }
    let help = openmemory(
        folder.path(),
        &["model", "pull", "--help"],
        &[("HF_TOKEN", TOKEN)],
    );
    assert!(!String::from_utf8_lossy(&help.stdout).contains(TOKEN));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
