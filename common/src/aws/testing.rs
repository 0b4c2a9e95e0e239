//! SDK configurations for tests that talk to a mock server.

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use wiremock::MockServer;

pub(crate) fn config_for(server: &MockServer) -> SdkConfig {
    config_at(&server.uri())
}

pub(crate) fn config_at(endpoint: &str) -> SdkConfig {
    let lookup = |name: &str| match name {
        "AWS_REGION" => Some("eu-central-1".to_owned()),
        "AWS_ENDPOINT_URL" => Some(endpoint.to_owned()),
        _ => None,
    };
    let credentials = Credentials::new("key", "secret", None, None, "test");
    super::config(crate::http_client::build().unwrap(), lookup)
        .into_builder()
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::disabled())
        .build()
}
