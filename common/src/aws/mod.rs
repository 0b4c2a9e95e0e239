//! The AWS SDK, trimmed: one configuration and, under it, the same HTTP client that everything else uses. So there is
//! one TLS stack, one set of roots and no second pool of connections.

mod connector;
#[cfg(test)]
#[cfg(all(feature = "s3", feature = "sqs"))]
pub(crate) mod testing;

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};

/// How long one try may take. S3 and SQS answer in milliseconds or are in trouble.
const TRY_LIMIT: Duration = Duration::from_secs(4);
/// How long all tries together may take: ElevenLabs should hear a 503 rather than nothing.
const CALL_LIMIT: Duration = Duration::from_secs(8);
/// How often a call is tried.
const TRIES: u32 = 3;

/// The configuration of all AWS clients of a process. Build it once.
pub async fn config(http: reqwest::Client) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(connector::over(http))
        .retry_config(RetryConfig::standard().with_max_attempts(TRIES))
        .timeout_config(
            TimeoutConfig::builder().operation_attempt_timeout(TRY_LIMIT).operation_timeout(CALL_LIMIT).build(),
        )
        .load()
        .await
}
