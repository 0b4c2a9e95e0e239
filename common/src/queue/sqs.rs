//! The queue as SQS FIFO.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use url::Url;

use super::{Enqueued, ExtractionQueue, QueueError};

/// A queue; cheap to clone.
#[derive(Debug, Clone)]
pub struct SqsQueue {
    client: Client,
    url: Url,
}

impl SqsQueue {
    /// The queue at `url`.
    #[must_use]
    pub fn new(config: &SdkConfig, url: Url) -> Self {
        Self { client: Client::new(config), url }
    }

    /// Hides a received message for `pause`, after which it comes again.
    ///
    /// # Errors
    /// [`QueueError`]
    pub async fn postpone(&self, receipt: &str, pause: Duration) -> Result<(), QueueError> {
        let seconds = i32::try_from(pause.as_secs()).unwrap_or(i32::MAX);
        let change = self.client.change_message_visibility().queue_url(self.url.as_str());
        let change = change.receipt_handle(receipt).visibility_timeout(seconds);
        change.send().await.map(|_| ()).map_err(|error| failure(&error))
    }

    /// Sends a body as it is.
    ///
    /// # Errors
    /// [`QueueError`]
    pub async fn send(&self, body: &str, group: &str, deduplication_id: &str) -> Result<(), QueueError> {
        let send = self.client.send_message().queue_url(self.url.as_str()).message_body(body);
        let send = send.message_group_id(group).message_deduplication_id(deduplication_id);
        send.send().await.map(|_| ()).map_err(|error| failure(&error))
    }
}

impl ExtractionQueue for SqsQueue {
    async fn push(&self, Enqueued { job, group, deduplication_id }: Enqueued) -> Result<(), QueueError> {
        let body =
            serde_json::to_string(&job).map_err(|_| QueueError::Refused("the job cannot be written".to_owned()))?;
        self.send(&body, group.as_str(), &deduplication_id).await
    }
}

/// Names SQS's error code at most. A missing permission heals by no waiting; everything else may.
fn failure<E: ProvideErrorMetadata>(error: &SdkError<E>) -> QueueError {
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code).unwrap_or("without a reason");
    match error.raw_response().map(|response| response.status().as_u16()) {
        None => QueueError::Unavailable("SQS cannot be reached".to_owned()),
        Some(status @ (429 | 500..)) => QueueError::Unavailable(format!("SQS: {status} {code}")),
        Some(status) if code.contains("Throttl") => QueueError::Unavailable(format!("SQS: {status} {code}")),
        Some(status) => QueueError::Refused(format!("SQS: {status} {code}")),
    }
}

#[cfg(test)]
#[cfg(all(feature = "s3", feature = "sqs"))]
mod tests;
