//! The AWS SDK, trimmed: one configuration and, under it, the same HTTP client that everything else
//! uses. So there is one TLS stack, one set of roots and no second pool of connections.
//!
//! Lambda hands region and credentials to a function in its environment. So that is where they come
//! from, and the chain of other sources, which is a fifth of the binary, stays out of it.

mod connector;
#[cfg(test)]
#[cfg(all(feature = "s3", feature = "sqs"))]
pub(crate) mod testing;

use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_types::checksum_config::{RequestChecksumCalculation, ResponseChecksumValidation};

/// How long one try may take. S3 and SQS answer in milliseconds or are in trouble.
const TRY_LIMIT: Duration = Duration::from_secs(4);
/// How long all tries together may take: ElevenLabs should hear a 503 rather than nothing.
const CALL_LIMIT: Duration = Duration::from_secs(8);
/// How often a call is tried.
const TRIES: u32 = 3;

/// The configuration of all AWS clients of a function. Build it once.
#[must_use]
pub fn config(http: reqwest::Client, lookup: impl Fn(&str) -> Option<String>) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .operation_attempt_timeout(TRY_LIMIT)
        .operation_timeout(CALL_LIMIT);
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .credentials_provider(SharedCredentialsProvider::new(
            EnvironmentVariableCredentialsProvider::new(),
        ))
        .http_client(connector::over(http))
        .retry_config(RetryConfig::standard().with_max_attempts(TRIES))
        .timeout_config(timeouts.build())
        // Every body is in memory and has a limit of its own, so nothing can stall unseen.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        // The signature covers a SHA-256 of each body already.
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
    config.set_region(lookup("AWS_REGION").map(Region::new));
    config.set_endpoint_url(lookup("AWS_ENDPOINT_URL").filter(|url| !url.is_empty()));
    config.build()
}

/// How long one try of an operator's command may take: a recording has tens of megabytes, and
/// nobody is on the phone.
#[cfg(feature = "secrets-manager")]
const PATIENT_TRY_LIMIT: Duration = Duration::from_secs(60);

/// The configuration of an operator's command: in a name of its own, with more patience.
#[cfg(feature = "secrets-manager")]
#[must_use]
pub fn config_as(
    http: reqwest::Client,
    lookup: impl Fn(&str) -> Option<String>,
    identity: &crate::signed::Identity,
) -> SdkConfig {
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(PATIENT_TRY_LIMIT);
    config(http, lookup)
        .into_builder()
        .region(Region::new(identity.region().to_owned()))
        .credentials_provider(SharedCredentialsProvider::new(identity.credentials()))
        .timeout_config(timeouts.build())
        .build()
}
