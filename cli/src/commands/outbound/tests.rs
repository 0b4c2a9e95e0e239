use clap::Parser;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::commands::{Command, Task};

async fn outbound(server: &MockServer, options: &[&str]) -> Result<CommandOutput, Failure> {
    let variables = [
        ("OPENMEMORY_API_URL", server.uri()),
        ("OPENMEMORY_DIALECT", "v1".to_owned()),
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
async fn an_unavailable_memory_store_is_an_error_and_does_not_yield_defaults() {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(503))
        .mount(&server)
        .await;
    assert!(outbound(&server, &["+12025550142"]).await.is_err());
}
