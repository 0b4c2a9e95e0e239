//! A configuration that talks to a stand-in on this machine.

use aws_config::SdkConfig;
use aws_sdk_s3::config::{Credentials, Region, SharedCredentialsProvider};
use wiremock::MockServer;

pub(crate) async fn config_for(server: &MockServer) -> SdkConfig {
    config_at(&server.uri()).await
}

pub(crate) async fn config_at(endpoint: &str) -> SdkConfig {
    aws_config::defaults(aws_config::BehaviorVersion::latest())
        .http_client(super::connector::over(crate::http_client::build().unwrap()))
        .endpoint_url(endpoint)
        .region(Region::new("eu-central-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("key", "secret", None, None, "test")))
        .retry_config(aws_config::retry::RetryConfig::disabled())
        .load()
        .await
}
