//! Configuration of the AWS SDK. All clients share one configuration and the process's HTTP client,
//! so there is one TLS stack, one set of root certificates and one connection pool.
//!
//! Lambda passes the region and credentials in the environment. The SDK's default credential chain
//! is left out because it would be a fifth of the binary.

mod connector;

use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_types::checksum_config::{RequestChecksumCalculation, ResponseChecksumValidation};

pub use connector::http_client;

/// Time limit of one attempt. A healthy S3, SQS or DynamoDB answers in milliseconds.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(4);
/// Time limit of all attempts together. ElevenLabs should receive a 503 rather than no response.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(8);
/// Attempts per operation.
const MAX_ATTEMPTS: u32 = 3;

/// Returns the configuration of all AWS clients of a process. Build it once. `lookup` returns the
/// value of a setting: `AWS_REGION` and `AWS_ENDPOINT_URL`.
#[must_use]
pub fn config(http: reqwest::Client, lookup: impl Fn(&str) -> Option<String>) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(OPERATION_TIMEOUT);
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .credentials_provider(SharedCredentialsProvider::new(
            EnvironmentVariableCredentialsProvider::new(),
        ))
        .http_client(http_client(http))
        .retry_config(RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS))
        .timeout_config(timeouts.build())
        // Bodies are in memory and every attempt has a timeout, so no stream can stall.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        // The signature already covers a SHA-256 of each body.
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
    config.set_region(lookup("AWS_REGION").map(Region::new));
    config.set_endpoint_url(lookup("AWS_ENDPOINT_URL").filter(|url| !url.is_empty()));
    config.build()
}
