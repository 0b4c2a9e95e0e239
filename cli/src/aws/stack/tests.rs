use serde_json::json;
use wiremock::matchers::{body_string_contains, header, header_regex};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::deployment::{Deployment, DeploymentArguments};

const DESCRIBED: &str = "\
<DescribeStacksResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><DescribeStacksResult><Stacks><member>
<StackName>elaaoms-test</StackName>
<Parameters>
  <member><ParameterKey>OpenMemoryApiUrl</ParameterKey><ParameterValue>https://memory.example.com</ParameterValue></member>
  <member><ParameterKey>LlmModel</ParameterKey><ParameterValue/></member>
  <member><ParameterKey>TrustUserId</ParameterKey><ParameterValue>true</ParameterValue></member>
</Parameters>
<Outputs>
  <member><OutputKey>HealthUrl</OutputKey><OutputValue>https://api.example.com/health</OutputValue></member>
  <member><OutputKey>PayloadBucket</OutputKey><OutputValue>calls</OutputValue></member>
  <member><OutputKey>SecretsArn</OutputKey><OutputValue>arn:aws:secretsmanager:eu-west-1:1:secret:s</OutputValue></member>
</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>";

fn arguments() -> DeploymentArguments {
    DeploymentArguments {
        stack: StackArguments {
            stage: Some("test".to_owned()),
            region: Some("eu-west-1".to_owned()),
            ..StackArguments::default()
        },
        ..DeploymentArguments::machine(Path::new("./data"))
    }
}

fn context(server: &MockServer) -> Context {
    let keys = [
        ("AWS_ENDPOINT_URL", server.uri()),
        ("AWS_ACCESS_KEY_ID", "AKID".into()),
    ];
    let others = [
        ("AWS_SECRET_ACCESS_KEY", "hidden".into()),
        ("WEBHOOK_API_KEY", "from-the-shell".into()),
    ];
    let variables: Vec<(&str, String)> = keys.into_iter().chain(others).collect();
    let variables: Vec<(&str, &str)> = variables
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    Context::fixed(&variables, || jiff::Timestamp::UNIX_EPOCH)
}

#[tokio::test]
async fn a_stage_is_found_with_its_outputs_parameters_and_secrets() {
    let server = MockServer::start().await;
    let signed = header_regex(
        "authorization",
        "^AWS4-HMAC-SHA256 Credential=AKID/[0-9]{8}/eu-west-1/cloudformation/",
    );
    Mock::given(signed)
        .and(body_string_contains("StackName=elaaoms-test"))
        .respond_with(ResponseTemplate::new(200).set_body_string(DESCRIBED))
        .expect(1)
        .mount(&server)
        .await;
    let secret = json!({"SecretString": json!({"WEBHOOK_API_KEY": "from-the-secret", "LLM_API_KEY": ""}).to_string()});
    Mock::given(header("x-amz-target", "secretsmanager.GetSecretValue"))
        .and(body_string_contains("arn:aws:secretsmanager"))
        .respond_with(ResponseTemplate::new(200).set_body_json(secret))
        .expect(1)
        .mount(&server)
        .await;
    let deployment = Deployment::find(&arguments(), &context(&server))
        .await
        .unwrap();
    assert_eq!(
        deployment.url().unwrap().as_str(),
        "https://api.example.com/"
    );
    assert_eq!(
        deployment.get("WEBHOOK_API_KEY").as_deref(),
        Some("from-the-secret"),
        "the deployment's secret takes precedence"
    );
    assert_eq!(deployment.get("LLM_API_KEY"), None);
    let settings = deployment.settings().unwrap();
    assert_eq!(
        settings.openmemory.url.as_str(),
        "https://memory.example.com/"
    );
    assert!(settings.caller.trust_user_id);
}

#[tokio::test]
async fn a_key_in_the_providers_secret_wins_unless_it_is_blank() {
    let server = MockServer::start().await;
    let provider = "<member><OutputKey>ProviderSecretsArn</OutputKey><OutputValue>arn:provider</OutputValue></member></Outputs>";
    Mock::given(body_string_contains("DescribeStacks"))
        .respond_with(
            ResponseTemplate::new(200).set_body_string(DESCRIBED.replace("</Outputs>", provider)),
        )
        .mount(&server)
        .await;
    let shared = json!({"LLM_API_KEY": "old", "ELEVENLABS_API_KEY": "shared"});
    let own = json!({"LLM_API_KEY": "new", "ELEVENLABS_API_KEY": " "});
    for (arn, value) in [("secret:s", shared), ("arn:provider", own)] {
        let secret = json!({"SecretString": value.to_string()});
        Mock::given(header("x-amz-target", "secretsmanager.GetSecretValue"))
            .and(body_string_contains(arn))
            .respond_with(ResponseTemplate::new(200).set_body_json(secret))
            .mount(&server)
            .await;
    }
    let deployment = Deployment::find(&arguments(), &context(&server))
        .await
        .unwrap();
    assert_eq!(deployment.get("LLM_API_KEY").as_deref(), Some("new"));
    assert_eq!(
        deployment.get("ELEVENLABS_API_KEY").as_deref(),
        Some("shared")
    );
}

#[tokio::test]
async fn the_error_names_a_stack_that_does_not_exist() {
    let server = MockServer::start().await;
    let refusal = "<ErrorResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><Error><Type>Sender</Type>\
        <Code>ValidationError</Code><Message>Stack with id elaaoms-test does not exist</Message></Error>\
        <RequestId>1</RequestId></ErrorResponse>";
    Mock::given(wiremock::matchers::any())
        .respond_with(ResponseTemplate::new(400).set_body_string(refusal))
        .mount(&server)
        .await;
    let failure = Deployment::find(&arguments(), &context(&server))
        .await
        .err()
        .unwrap();
    let Some(AwsError::NoStack(name)) = failure.downcast_ref() else {
        panic!("expected NoStack")
    };
    assert_eq!(name, "elaaoms-test");
}

fn map(pairs: &[(&str, &str)]) -> HashMap<String, String> {
    let owned = pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    owned.collect()
}

/// Returns a stack that was described, with these outputs and secrets.
async fn described(outputs: &[(&str, &str)], secrets: &[(&str, &str)]) -> Stack {
    let keys = [
        ("AWS_ACCESS_KEY_ID", "AKID"),
        ("AWS_SECRET_ACCESS_KEY", "hidden"),
    ];
    let context = Context::fixed(&keys, || jiff::Timestamp::UNIX_EPOCH);
    Stack {
        name: "s".into(),
        session: AwsSession::fixed(&context).await,
        outputs: map(outputs),
        parameters: map(&[
            ("OpenMemoryApiUrl", ""),
            ("Settings", "PSEUDONYMOUS_CALLERS=true"),
        ]),
        secrets: map(secrets),
    }
}

#[tokio::test]
async fn the_url_of_the_stacks_own_openmemory_is_read_from_its_output() {
    let stack = described(&[("OpenMemoryApiUrl", "https://made.example.com/")], &[]).await;
    assert_eq!(
        stack.setting("OPENMEMORY_API_URL").as_deref(),
        Some("https://made.example.com/")
    );
    assert_eq!(stack.setting("OPENMEMORY_DIALECT"), None);
}

#[tokio::test]
async fn entries_of_the_parameter_settings_are_settings_and_are_checked() {
    let url = [("OpenMemoryApiUrl", "https://made.example.com/")];
    let mut stack = described(&url, &[]).await;
    assert_eq!(
        stack.setting("PSEUDONYMOUS_CALLERS").as_deref(),
        Some("true")
    );
    stack.parameters = map(&[("Settings", "LLM_TIMOUT_MS=5")]);
    let context = Context::fixed(&[], || jiff::Timestamp::UNIX_EPOCH);
    let invalid = Deployment::of_stack(&context, stack)
        .settings()
        .unwrap_err();
    assert!(invalid.to_string().contains("LLM_TIMOUT_MS"), "{invalid}");
}

/// Returns a stack that deployed its own memory store behind IAM at `store`. Its secret holds the
/// store's key and `extra_secret`.
async fn with_own_store(store: &str, extra_secret: Option<(&str, &str)>) -> Deployment {
    let outputs = [("OpenMemoryApiUrl", store), ("OpenMemoryAuth", "iam")];
    let secrets: Vec<(&str, &str)> = extra_secret
        .into_iter()
        .chain([("OPENMEMORY_API_KEY", "store-key")])
        .collect();
    let context = Context::fixed(&[], || jiff::Timestamp::UNIX_EPOCH);
    Deployment::of_stack(&context, described(&outputs, &secrets).await)
}

#[tokio::test]
async fn requests_to_a_store_behind_iam_are_signed_by_the_operator() {
    let store = MockServer::start().await;
    Mock::given(header_regex(
        "authorization",
        "^AWS4-HMAC-SHA256 Credential=AKID/[0-9]{8}/eu-west-1/lambda/",
    ))
    .and(header("x-api-key", "store-key"))
    .respond_with(
        ResponseTemplate::new(200).set_body_json(json!({"status": "healthy", "version": "1"})),
    )
    .expect(1..)
    .mount(&store)
    .await;
    let deployment = with_own_store(&store.uri(), None).await;
    let (openmemory, _) = deployment
        .openmemory_detecting_dialect(std::time::Duration::from_secs(5))
        .unwrap();
    openmemory.health().await.unwrap();
}

#[tokio::test]
async fn requests_to_a_store_named_by_the_operator_are_not_signed() {
    let deployment = with_own_store("https://made.example.com", None).await;
    assert!(deployment.settings().unwrap().openmemory.signer.is_some());
    let another = ("OPENMEMORY_API_URL", "https://another.example.com");
    let settings = with_own_store("https://made.example.com", Some(another))
        .await
        .settings()
        .unwrap()
        .openmemory;
    assert_eq!(settings.url.as_str(), "https://another.example.com/");
    assert!(settings.signer.is_none());
}

#[test]
fn a_parameter_name_follows_from_its_variable() {
    for (variable, name) in [
        ("OPENMEMORY_API_URL", "OpenMemoryApiUrl"),
        ("OPENMEMORY_AUTH", "OpenMemoryAuth"),
        ("ELEVENLABS_API_URL", "ElevenLabsApiUrl"),
        ("LLM_TIMEOUT_MS", "LlmTimeoutMs"),
        ("STAGE", "Stage"),
    ] {
        assert_eq!(parameter_name(variable), name);
    }
}
