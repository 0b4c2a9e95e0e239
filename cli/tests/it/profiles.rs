//! AWS profiles: the command reads them itself, without the `aws` program.

use serde_json::json;
use tokio::process::Command;
use wiremock::matchers::{body_string_contains, header, header_regex};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::harness::{Ran, ran};

const STACK: &str = "\
<DescribeStacksResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><DescribeStacksResult><Stacks>
<member><StackName>elaaoms-test</StackName><Outputs>
  <member><OutputKey>HealthUrl</OutputKey><OutputValue>https://api.example.com/health</OutputValue></member>
  <member><OutputKey>SecretsArn</OutputKey><OutputValue>arn:secret</OutputValue></member>
</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>";

/// Answers for a stack, if the request is signed by this key for this region.
async fn stack(key: &str, region: &str) -> MockServer {
    let server = MockServer::start().await;
    let signed = |service: &str| {
        let scope = format!("^AWS4-HMAC-SHA256 Credential={key}/[0-9]{{8}}/{region}/{service}/");
        Mock::given(header_regex("authorization", scope.as_str()))
    };
    signed("cloudformation")
        .and(body_string_contains("StackName=elaaoms-test"))
        .respond_with(ResponseTemplate::new(200).set_body_string(STACK))
        .mount(&server)
        .await;
    let secret =
        json!({"SecretString": json!({"ELEVENLABS_POST_CALL_HMAC_KEY": "signing"}).to_string()});
    signed("secretsmanager")
        .and(header("x-amz-target", "secretsmanager.GetSecretValue"))
        .respond_with(ResponseTemplate::new(200).set_body_json(secret))
        .mount(&server)
        .await;
    server
}

/// A folder with the configuration files of AWS.
struct Home(tempfile::TempDir);

impl Home {
    fn new(config: &str, credentials: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config"), config).unwrap();
        std::fs::write(folder.path().join("credentials"), credentials).unwrap();
        std::fs::write(folder.path().join("body.json"), "{}").unwrap();
        Self(folder)
    }

    /// Signs a file with the secret of the stack. Nothing but the files and `variables` says who
    /// asks.
    async fn sign(&self, server: &MockServer, options: &[&str], variables: &[(&str, &str)]) -> Ran {
        let folder = self.0.path();
        let mut command = Command::new(env!("CARGO_BIN_EXE_elaaoms"));
        command
            .args(["sign", "body.json", "--stage", "test", "--output", "json"])
            .args(options)
            .current_dir(folder)
            .env_clear()
            .env("HOME", folder)
            .env("PATH", "/usr/bin:/bin")
            .env("AWS_CONFIG_FILE", folder.join("config"))
            .env("AWS_SHARED_CREDENTIALS_FILE", folder.join("credentials"))
            .env("AWS_ENDPOINT_URL", server.uri())
            .envs(variables.iter().copied());
        ran(command.output().await.unwrap())
    }
}

const KEYS: &str = "aws_access_key_id = AKIDFILE\naws_secret_access_key = hidden\n";

#[tokio::test]
async fn a_profile_gives_its_keys_and_its_region() {
    let home = Home::new(
        "[profile ops]\nregion = eu-west-1\n",
        &format!("[ops]\n{KEYS}"),
    );
    let server = stack("AKIDFILE", "eu-west-1").await;
    let exported = [
        ("AWS_ACCESS_KEY_ID", "AKIDENV"),
        ("AWS_SECRET_ACCESS_KEY", "hidden"),
    ];
    home.sign(&server, &["--profile", "ops"], &exported)
        .await
        .expect_code(0);
    home.sign(&server, &[], &[("AWS_PROFILE", "ops")])
        .await
        .expect_code(0);
    let elsewhere = stack("AKIDENV", "eu-north-1").await;
    let variables = [&exported[..], &[("AWS_REGION", "eu-north-1")]].concat();
    home.sign(&elsewhere, &[], &variables).await.expect_code(0);
}

#[tokio::test]
async fn the_default_profile_is_used_if_none_is_named() {
    let home = Home::new(
        "[default]\nregion = eu-west-1\n",
        &format!("[default]\n{KEYS}"),
    );
    let server = stack("AKIDFILE", "eu-west-1").await;
    home.sign(&server, &[], &[]).await.expect_code(0);
}

#[cfg(unix)]
#[tokio::test]
async fn a_profile_may_name_a_program_that_returns_the_keys() {
    let config = "[profile ops]\nregion = eu-west-1\ncredential_process = cat keys.json\n";
    let home = Home::new(config, "");
    let keys = json!({"Version": 1, "AccessKeyId": "AKIDPROG", "SecretAccessKey": "hidden"});
    std::fs::write(home.0.path().join("keys.json"), keys.to_string()).unwrap();
    let server = stack("AKIDPROG", "eu-west-1").await;
    home.sign(&server, &["--profile", "ops"], &[])
        .await
        .expect_code(0);
}

#[tokio::test]
async fn missing_regions_and_credentials_are_reported_with_advice() {
    let sso = "[profile sso]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = Ops\n\
               [sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.example/start\n";
    let home = Home::new(sso, "");
    let server = MockServer::start().await;
    let region = ["--region", "eu-west-1"];
    let sso = ["--region", "eu-west-1", "--profile", "sso"];
    let unknown = ["--region", "eu-west-1", "--profile", "gone"];
    let cases: [(&[&str], &str, &str); 4] = [
        (&[], "no AWS region is set", "pass --region"),
        (&region, "no AWS credentials are set", "AWS_ACCESS_KEY_ID"),
        (&sso, "the AWS profile sso", "aws sso login"),
        (&unknown, "the AWS profile gone", "~/.aws/config"),
    ];
    for (options, message, advice) in cases {
        let ran = home.sign(&server, options, &[]).await;
        ran.expect_code(3);
        assert!(
            ran.err.contains(message) && ran.err.contains(advice),
            "{}",
            ran.err
        );
    }
}

#[tokio::test]
async fn refused_credentials_are_reported_with_advice() {
    let home = Home::new(
        "[default]\nregion = eu-west-1\n",
        &format!("[default]\n{KEYS}"),
    );
    for (code, advice) in [
        ("ExpiredToken", "have expired"),
        ("AccessDenied", "right account"),
    ] {
        let server = MockServer::start().await;
        let refusal = format!(
            "<ErrorResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><Error><Type>Sender</Type>\
             <Code>{code}</Code><Message>refused</Message></Error><RequestId>1</RequestId></ErrorResponse>"
        );
        Mock::given(body_string_contains("Action=DescribeStacks"))
            .respond_with(ResponseTemplate::new(403).set_body_string(refusal))
            .mount(&server)
            .await;
        let ran = home.sign(&server, &[], &[]).await;
        ran.expect_code(3);
        let message = format!("cloudformation refused the request (403 {code})");
        assert!(
            ran.err.contains(&message) && ran.err.contains(advice),
            "{}",
            ran.err
        );
    }
}
