use wiremock::matchers::{body_string_contains, header, header_regex};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::deployment::Deployment;
use crate::failure::Failure;

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
        stage: Some("test".to_owned()),
        region: Some("eu-west-1".to_owned()),
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
        "AWS4-HMAC-SHA256 Credential=AKID/19700101/eu-west-1/cloudformation/",
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
    let refusal = "<ErrorResponse><Error><Code>ValidationError</Code><Message>no</Message></Error></ErrorResponse>";
    Mock::given(wiremock::matchers::any())
        .respond_with(ResponseTemplate::new(400).set_body_string(refusal))
        .mount(&server)
        .await;
    let result = Deployment::find(&arguments(), &context(&server)).await;
    let Err(Failure::Deployment(DeploymentError::NoStack(name))) = result else {
        panic!("expected NoStack")
    };
    assert_eq!(name, "elaaoms-test");
}

#[test]
fn the_url_of_the_stacks_own_openmemory_is_read_from_its_output() {
    let described = "<R><Parameters><member><ParameterKey>OpenMemoryApiUrl</ParameterKey><ParameterValue/></member>\
        </Parameters><Outputs><member><OutputKey>OpenMemoryApiUrl</OutputKey><OutputValue>https://made.example.com/\
        </OutputValue></member></Outputs></R>";
    let (outputs, parameters) = parse(described).unwrap();
    let identity = common::signed::Identity::new("AKID", "hidden", None, "eu-west-1");
    let api = AwsApi::new(
        &Context::fixed(&[], || jiff::Timestamp::UNIX_EPOCH),
        identity,
    );
    let stack = Stack {
        name: "s".into(),
        api,
        outputs,
        parameters,
        secrets: HashMap::new(),
    };
    assert_eq!(
        stack.setting("OPENMEMORY_API_URL").as_deref(),
        Some("https://made.example.com/")
    );
    assert_eq!(stack.setting("OPENMEMORY_DIALECT"), None);
}

/// Returns a stack that deployed its own memory store behind IAM at `store`. Its secret holds the
/// store's key and `extra_secret`.
fn with_own_store(store: &str, extra_secret: Option<(&str, &str)>) -> Deployment {
    let described = format!(
        "<R><Outputs><member><OutputKey>OpenMemoryApiUrl</OutputKey><OutputValue>{store}</OutputValue></member><member>\
         <OutputKey>OpenMemoryAuth</OutputKey><OutputValue>iam</OutputValue></member></Outputs></R>"
    );
    let (outputs, parameters) = parse(&described).unwrap();
    let identity = common::signed::Identity::new("AKID", "hidden", None, "eu-west-1");
    let context = Context::fixed(&[], || jiff::Timestamp::UNIX_EPOCH);
    let secrets = extra_secret
        .into_iter()
        .chain([("OPENMEMORY_API_KEY", "store-key")])
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let api = AwsApi::new(&context, identity);
    let stack = Stack {
        name: "s".into(),
        api,
        outputs,
        parameters,
        secrets,
    };
    Deployment::from_stack(context, stack)
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
    let deployment = with_own_store(&store.uri(), None);
    let (openmemory, _) = deployment
        .openmemory_detecting_dialect(std::time::Duration::from_secs(5))
        .unwrap();
    openmemory.health().await.unwrap();
}

#[test]
fn requests_to_a_store_named_by_the_operator_are_not_signed() {
    let deployment = with_own_store("https://made.example.com", None);
    assert!(deployment.settings().unwrap().openmemory.signer.is_some());
    let another = ("OPENMEMORY_API_URL", "https://another.example.com");
    let settings = with_own_store("https://made.example.com", Some(another))
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
