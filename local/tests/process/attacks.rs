//! Attacks from the same machine: web pages in the operator's browser, other users, a manipulated
//! `.env` file.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::harness::{AGENT, CALL, CONVERSATION, Process, SECRETS, TOMAS, wait_for_extraction};

const STORE_KEY: &str = SECRETS[3].1;

#[tokio::test]
async fn a_web_page_in_the_operators_browser_reaches_no_memory() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::start(&folder, &[]);
    let memory =
        json!({"agent_id": AGENT, "caller_id": TOMAS, "content": "Planted", "importance": 10})
            .to_string();
    let request = |method: Method, path: &str, headers: &[(&'static str, &str)]| {
        let request = process
            .http
            .request(method, format!("{}{path}", process.store));
        headers.iter().fold(request, |request, (name, value)| {
            request.header(*name, *value)
        })
    };
    let list = format!("/api/v1/callers/{}/memories", TOMAS.replace('+', "%2B"));
    let json = ("content-type", "application/json");
    let key = ("x-api-key", STORE_KEY);
    for (case, status, headers) in [
        ("no key", StatusCode::UNAUTHORIZED, &[json][..]),
        (
            "a simple request",
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            &[("content-type", "text/plain"), key],
        ),
        (
            "no content type",
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            &[key],
        ),
        (
            "a foreign origin",
            StatusCode::FORBIDDEN,
            &[json, key, ("origin", "https://evil.example")],
        ),
        (
            "an opaque origin",
            StatusCode::FORBIDDEN,
            &[json, key, ("origin", "null")],
        ),
        (
            "a rebound host name",
            StatusCode::FORBIDDEN,
            &[json, key, ("host", "evil.example:8080")],
        ),
        (
            "a cross-site request",
            StatusCode::FORBIDDEN,
            &[json, key, ("sec-fetch-site", "cross-site")],
        ),
    ] {
        let response = request(Method::POST, "/api/v1/memories", headers)
            .body(memory.clone())
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), status, "{case}");
    }
    let read = request(Method::GET, &list, &[("host", "evil.example"), key])
        .send()
        .await
        .unwrap();
    assert_eq!(read.status(), StatusCode::FORBIDDEN);
    let read = request(Method::GET, &list, &[key])
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(!read.contains("Planted"), "{read}");
    process.ask_to_stop();
}

#[tokio::test]
async fn other_users_can_read_no_file_in_the_data_folder() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut process = Process::start(&folder, &[]);
    assert_eq!(process.post_call(CALL).await, StatusCode::OK);
    wait_for_extraction(&folder).await;
    process.client_data().await;
    let mut files = Vec::new();
    collect(&data, &mut files);
    assert!(
        files.iter().any(|file| file.ends_with("openmemory.db-wal")),
        "{files:?}"
    );
    assert!(
        files.iter().any(|file| file.contains(CONVERSATION)),
        "{files:?}"
    );
    for file in files {
        // The process may have removed a temporary file.
        let Ok(metadata) = std::fs::metadata(&file) else {
            continue;
        };
        let mode = metadata.permissions().mode();
        assert_eq!(mode & 0o077, 0, "{file}: {mode:o}");
    }
    process.ask_to_stop();
}

#[tokio::test]
async fn a_symbolic_link_in_the_data_folder_is_not_followed_and_blocks_no_call() {
    let folder = tempfile::tempdir().unwrap();
    let outside = folder.path().join("outside");
    std::fs::create_dir_all(&outside).unwrap();
    std::fs::create_dir_all(folder.path().join("data/payloads")).unwrap();
    symlink(
        &outside,
        folder.path().join("data/payloads").join(CONVERSATION),
    )
    .unwrap();
    let mut process = Process::start(&folder, &[]);
    assert_eq!(process.post_call(CALL).await, StatusCode::OK);
    assert!(
        std::fs::read_dir(&outside).unwrap().next().is_none(),
        "the call was written outside the data folder"
    );
    process.ask_to_stop();
}

#[tokio::test]
async fn health_reports_a_full_disk() {
    let folder = tempfile::tempdir().unwrap();
    // No disk has that much free space.
    let mut process = Process::start(&folder, &[("MIN_FREE_DISK_MB", "1000000000")]);
    let response = process
        .http
        .get(format!("{}/health?wait=true", process.base))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    let report: serde_json::Value = response.json().await.unwrap();
    assert_eq!(report["checks"]["storage"], "unhealthy");
    assert!(
        report["reasons"][0]
            .as_str()
            .unwrap()
            .contains("disk of the data folder is full"),
        "{report}"
    );
    process.ask_to_stop();
}

#[test]
fn generated_secrets_are_named_but_never_printed() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, mut stdout) = start(folder.path());
    let mut output = String::new();
    while !output.contains("development-secrets.env") {
        assert!(
            std::io::BufRead::read_line(&mut stdout, &mut output).unwrap() > 0,
            "{output}"
        );
    }
    std::io::BufRead::read_line(&mut stdout, &mut output).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let file = folder.path().join("data/development-secrets.env");
    let secrets = std::fs::read_to_string(&file).unwrap();
    assert_eq!(secrets.lines().count(), 4);
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    for line in secrets.lines() {
        let (name, value) = line.split_once('=').unwrap();
        assert!(output.contains(name), "{name} is not named");
        assert!(!output.contains(value), "{name} is printed");
        assert!(!log.contains(value), "{name} is logged");
    }
}

#[test]
fn production_does_not_start_without_its_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &[("STAGE", "prod"), SECRETS[1]]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success());
    assert!(
        error.contains("ELEVENLABS_POST_CALL_HMAC_KEY, CALLER_ID_PEPPER, OPENMEMORY_API_KEY"),
        "{error}"
    );
    assert!(!folder.path().join("data/development-secrets.env").exists());
}

#[test]
fn a_dotenv_file_that_others_can_write_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(".env");
    std::fs::write(&file, "LLM_API_URL=https://evil.example\n").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o666)).unwrap();
    let output = run(folder.path(), &SECRETS);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && error.contains("can be written by every user"),
        "{error}"
    );
}

#[test]
fn a_key_is_not_sent_over_plain_http_to_another_host() {
    let folder = tempfile::tempdir().unwrap();
    for (name, host) in [
        ("OPENMEMORY_API_URL", "memory.example"),
        ("LLM_API_URL", "192.0.2.1"),
        ("ELEVENLABS_API_URL", "api.example"),
    ] {
        let url = format!("http://{host}/v1");
        let settings = [&SECRETS[..], &[(name, url.as_str())]].concat();
        let output = run(folder.path(), &settings);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !output.status.success() && error.contains(&format!("{name} must be https")),
            "{error}"
        );
    }
}

/// Runs the program until it exits by itself.
fn run(folder: &Path, settings: &[(&str, &str)]) -> Output {
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
        .env_clear();
    command
        .envs(settings.iter().copied())
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// Starts the program with its log in a file; returns it with its standard output.
fn start(
    folder: &Path,
) -> (
    std::process::Child,
    std::io::BufReader<std::process::ChildStdout>,
) {
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
        .env("LOG_LEVEL", "TRACE");
    let log = std::fs::File::create(folder.join("log")).unwrap();
    let mut child = command
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .unwrap();
    let out = std::io::BufReader::new(child.stdout.take().unwrap());
    (child, out)
}

fn collect(folder: &Path, files: &mut Vec<String>) {
    files.push(folder.display().to_string());
    for entry in std::fs::read_dir(folder).unwrap().filter_map(Result::ok) {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files)
        } else {
            files.push(path.display().to_string())
        }
    }
}
