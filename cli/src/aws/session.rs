//! AWS, called with the operator's credentials.

use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::timeout::TimeoutConfig;
use aws_config::{Region, SdkConfig};
use aws_sdk_sqs::types::QueueAttributeName;
use common::signed::Identity;
use serde_json::{Map, Value};

use super::arguments::StackArguments;
use super::error::AwsError;
use super::{credentials, region};
use crate::context::Context;

/// Time limit of one attempt. A recording can have tens of megabytes, and no caller is waiting.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(60);

/// The operator's credentials in one region, and the calls that commands make with them. Cheap to
/// clone.
#[derive(Clone)]
pub(crate) struct AwsSession {
    config: SdkConfig,
    identity: Identity,
}

impl AwsSession {
    /// Finds the region and the credentials. `configured` is the region of the deployment's own
    /// configuration.
    pub(crate) async fn open(
        arguments: &StackArguments,
        configured: Option<String>,
        context: &Context,
    ) -> Result<Self, AwsError> {
        let region = region::find(arguments, configured, context).await?;
        let config = config(context, region.clone());
        let (current, provider) = credentials::find(arguments, context, &config).await?;
        let identity = Identity::new(
            current.access_key_id(),
            current.secret_access_key(),
            current.session_token().map(str::to_owned),
            region.to_string(),
        );
        let config = config
            .into_builder()
            .credentials_provider(provider)
            .identity_cache(IdentityCache::lazy().build());
        Ok(Self {
            config: config.build(),
            identity,
        })
    }

    /// Opens a session in a fixed region, with the credentials and endpoint of the context.
    #[cfg(test)]
    pub(crate) async fn fixed(context: &Context) -> Self {
        let arguments = StackArguments {
            region: Some("eu-west-1".to_owned()),
            ..StackArguments::default()
        };
        Self::open(&arguments, None, context).await.unwrap()
    }

    /// Returns the configuration of the SDK's clients.
    pub(crate) fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// Returns the credentials at the start of the command, which sign requests to a memory store
    /// behind IAM.
    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Returns the ARN of the identity behind the credentials, as AWS reports it.
    pub(crate) async fn caller_identity(&self) -> Result<String, AwsError> {
        let client = aws_sdk_sts::Client::new(&self.config);
        let answer = client.get_caller_identity().send().await;
        answer
            .map_err(|error| AwsError::of("sts", &error))?
            .arn
            .ok_or(AwsError::Unreadable("sts"))
    }

    /// Reads a secret that is a JSON object.
    pub(crate) async fn secret(&self, arn: &str) -> Result<Map<String, Value>, AwsError> {
        let client = aws_sdk_secretsmanager::Client::new(&self.config);
        let answer = client.get_secret_value().secret_id(arn).send().await;
        let text = answer
            .map_err(|error| AwsError::of("secretsmanager", &error))?
            .secret_string
            .ok_or(AwsError::SecretShape)?;
        serde_json::from_str(&text).map_err(|_| AwsError::SecretShape)
    }

    /// Replaces a secret by a JSON object.
    pub(crate) async fn put_secret(
        &self,
        arn: &str,
        object: Map<String, Value>,
    ) -> Result<(), AwsError> {
        aws_sdk_secretsmanager::Client::new(&self.config)
            .put_secret_value()
            .secret_id(arn)
            .secret_string(Value::Object(object).to_string())
            .send()
            .await
            .map(|_| ())
            .map_err(|error| AwsError::of("secretsmanager", &error))
    }

    /// Returns the number of messages of a queue, including those in progress.
    pub(crate) async fn message_count(&self, queue: &str) -> Result<u64, AwsError> {
        let visible = QueueAttributeName::ApproximateNumberOfMessages;
        let in_progress = QueueAttributeName::ApproximateNumberOfMessagesNotVisible;
        let attributes = aws_sdk_sqs::Client::new(&self.config)
            .get_queue_attributes()
            .queue_url(queue)
            .attribute_names(visible.clone())
            .attribute_names(in_progress.clone())
            .send()
            .await
            .map_err(|error| AwsError::of("sqs", &error))?
            .attributes
            .unwrap_or_default();
        let count = |name| attributes.get(name)?.parse::<u64>().ok();
        let visible = count(&visible).ok_or(AwsError::Unreadable("sqs"))?;
        Ok(visible + count(&in_progress).unwrap_or_default())
    }
}

/// Returns the configuration without credentials.
fn config(context: &Context, region: Region) -> SdkConfig {
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT_TIMEOUT);
    common::aws::config(context.http.clone(), |name| context.get(name))
        .into_builder()
        .region(region)
        .timeout_config(timeouts.build())
        .build()
}
