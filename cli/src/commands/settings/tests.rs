use serde_json::{Value, json};
use wiremock::matchers::{body_string_contains, header, method, path_regex};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;

const DESCRIBED: &str = "\
<DescribeStacksResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><DescribeStacksResult><Stacks><member>
<StackName>elaaoms-test</StackName>
<Parameters>
  <member><ParameterKey>Settings</ParameterKey><ParameterValue>LLM_VERIFY=true;SEARCH_DEADLINE_MS=2000</ParameterValue></member>
  <member><ParameterKey>OpenMemoryApiUrl</ParameterKey><ParameterValue>https://memory.example.com</ParameterValue></member>
</Parameters>
<Outputs>
  <member><OutputKey>PayloadBucket</OutputKey><OutputValue>calls</OutputValue></member>
  <member><OutputKey>SecretsArn</OutputKey><OutputValue>arn:aws:secretsmanager:eu-west-1:1:secret:s</OutputValue></member>
</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>";

/// A stack whose secret holds a key and one change.
async fn stack() -> MockServer {
    let server = MockServer::start().await;
    let secret = json!({"WEBHOOK_API_KEY": "hidden-key", "MIN_IMPORTANCE_TO_STORE": "4"});
    let reading = header("x-amz-target", "secretsmanager.GetSecretValue");
    Mock::given(reading)
        .respond_with(
            ResponseTemplate::new(200).set_body_json(json!({"SecretString": secret.to_string()})),
        )
        .mount(&server)
        .await;
    Mock::given(body_string_contains("DescribeStacks"))
        .respond_with(ResponseTemplate::new(200).set_body_string(DESCRIBED))
        .mount(&server)
        .await;
    Mock::given(header("x-amz-target", "secretsmanager.PutSecretValue"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({})))
        .mount(&server)
        .await;
    // The audit line, written into the bucket of calls.
    Mock::given(method("PUT"))
        .and(path_regex("audit"))
        .respond_with(ResponseTemplate::new(200))
        .mount(&server)
        .await;
    server
}

async fn settings(server: &MockServer, assignments: &[&str]) -> Result<CommandOutput, Failure> {
    let uri = server.uri();
    let variables = [
        ("AWS_ENDPOINT_URL", uri.as_str()),
        ("AWS_ACCESS_KEY_ID", "AKID"),
        ("AWS_SECRET_ACCESS_KEY", "hidden"),
    ];
    let arguments = Arguments {
        assignments: assignments.iter().map(|text| (*text).to_owned()).collect(),
        stack: StackArguments {
            stage: Some("test".to_owned()),
            region: Some("eu-west-1".to_owned()),
            ..StackArguments::default()
        },
    };
    let context = Context::fixed(&variables, || jiff::Timestamp::UNIX_EPOCH);
    run(&arguments, &context).await
}

/// The object that was written as the secret, if any.
async fn written(server: &MockServer) -> Option<Value> {
    let requests = server.received_requests().await.unwrap();
    let put = requests.iter().find(|request| {
        let target = request.headers.get("x-amz-target");
        target.is_some_and(|target| target == "secretsmanager.PutSecretValue")
    })?;
    let body: Value = put.body_json().unwrap();
    Some(serde_json::from_str(body["SecretString"].as_str().unwrap()).unwrap())
}

#[tokio::test]
async fn the_list_shows_changes_and_deployed_settings_but_no_secret() {
    let server = stack().await;
    let listed = settings(&server, &[]).await.unwrap();
    assert_eq!(
        listed.data,
        json!([
            {"name": "MIN_IMPORTANCE_TO_STORE", "value": "4", "source": "changed"},
            {"name": "LLM_VERIFY", "value": "true", "source": "deployed"},
            {"name": "SEARCH_DEADLINE_MS", "value": "2000", "source": "deployed"},
        ])
    );
    assert!(!listed.text.contains("hidden"), "{}", listed.text);
}

#[tokio::test]
async fn a_change_is_written_beside_the_secrets_and_audited() {
    let server = stack().await;
    let assignments = ["LLM_VERIFY=false", "MIN_IMPORTANCE_TO_STORE="];
    let changed = settings(&server, &assignments).await.unwrap();
    assert_eq!(
        changed.data,
        json!({"changed": ["LLM_VERIFY", "MIN_IMPORTANCE_TO_STORE"]})
    );
    assert_eq!(
        written(&server).await.unwrap(),
        json!({"WEBHOOK_API_KEY": "hidden-key", "LLM_VERIFY": "false"})
    );
    let requests = server.received_requests().await.unwrap();
    assert!(
        requests
            .iter()
            .any(|request| request.url.path().contains("audit"))
    );
}

#[tokio::test]
async fn an_invalid_value_is_refused_and_nothing_is_written() {
    let server = stack().await;
    for assignment in [
        "LLM_VERIFY=perhaps",
        "LOG_LEVEL=DEBUG",
        "SEARCH_DEADLINE_MS=9001",
    ] {
        let refused = settings(&server, &[assignment]).await.unwrap_err();
        let name = assignment.split('=').next().unwrap();
        assert!(refused.to_string().contains(name), "{refused}");
    }
    assert_eq!(written(&server).await, None);
}

#[tokio::test]
async fn a_secret_among_the_arguments_is_refused_without_its_value() {
    let server = stack().await;
    for assignment in ["LLM_API_KEY=hidden", "hidden"] {
        let refused = settings(&server, &[assignment]).await.unwrap_err();
        assert!(!refused.to_string().contains("hidden"), "{refused}");
    }
    assert_eq!(written(&server).await, None);
}
