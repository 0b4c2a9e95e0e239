use clap::Parser;
use wiremock::matchers::{any, method};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::commands::{Command, Task};

async fn outbound(server: &MockServer, options: &[&str]) -> Result<CommandOutput, Failure> {
    let variables = [
        ("OPENMEMORY_API_URL", server.uri()),
        ("OPENMEMORY_DIALECT", "v1".to_owned()),
        ("CALLER_ID_PEPPER", "pepper".to_owned()),
    ];
    let variables: Vec<(&str, &str)> = variables
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let context = Context::fixed(&variables, || jiff::Timestamp::UNIX_EPOCH);
    let words = ["elaaoms", "outbound", "--agent", "agent_1"]
        .iter()
        .chain(options);
    let Task::Outbound(arguments) = Command::try_parse_from(words).unwrap().task else {
        panic!("not the outbound command")
    };
    run(&arguments, &context).await
}

#[tokio::test]
async fn each_person_whose_data_is_shown_is_in_the_audit_trail() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({
            "status": "success", "memories": [], "total_count": 0,
        })))
        .mount(&server)
        .await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(404).set_body_json(json!({
            "status": "error", "error": {"code": "NOT_FOUND", "message": "no such profile"},
        })))
        .mount(&server)
        .await;
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().to_str().unwrap();
    let options = [
        "--data-dir",
        data_dir,
        "+12025550142",
        "+12025550143",
        "anonymous",
    ];
    outbound(&server, &options).await.unwrap();
    let trail = std::fs::read_to_string(folder.path().join("audit.log")).unwrap();
    let lines: Vec<Value> = trail
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(lines.iter().all(|line| line["action"] == "outbound"));
    assert_eq!(lines.len(), 2, "a withheld number is nobody's");
    assert!(!trail.contains("2025550142"), "{trail}");
}

#[tokio::test]
async fn an_unavailable_memory_store_is_an_error_and_does_not_yield_defaults() {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(503))
        .mount(&server)
        .await;
    assert!(outbound(&server, &["+12025550142"]).await.is_err());
}
