//! The queue as SQS FIFO.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use url::Url;

use super::{
    DeadLetter, DeadLetters, Enqueued, ExtractionQueue, Job, QueueError, RequeueSummary, replay_id,
};
use crate::aws::AwsError;

/// How long received dead letters stay hidden, in seconds: long enough to see each letter once.
const VISIBILITY_TIMEOUT: i32 = 120;

/// An SQS queue. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SqsQueue {
    client: Client,
    url: Url,
}

impl SqsQueue {
    /// Returns the queue at `url`.
    #[must_use]
    pub fn new(config: &SdkConfig, url: Url) -> Self {
        Self {
            client: Client::new(config),
            url,
        }
    }

    /// Hides a received message for `pause`. Then it is delivered again.
    ///
    /// # Errors
    /// [`QueueError`]
    pub async fn postpone(&self, receipt: &str, pause: Duration) -> Result<(), QueueError> {
        let seconds = i32::try_from(pause.as_secs()).unwrap_or(i32::MAX);
        self.client
            .change_message_visibility()
            .queue_url(self.url.as_str())
            .receipt_handle(receipt)
            .visibility_timeout(seconds)
            .send()
            .await
            .map(|_| ())
            .map_err(|error| failure(&error))
    }

    /// Sends a message with this body.
    ///
    /// # Errors
    /// [`QueueError`]
    pub async fn send(
        &self,
        body: &str,
        group: &str,
        deduplication_id: &str,
    ) -> Result<(), QueueError> {
        self.client
            .send_message()
            .queue_url(self.url.as_str())
            .message_body(body)
            .message_group_id(group)
            .message_deduplication_id(deduplication_id)
            .send()
            .await
            .map(|_| ())
            .map_err(|error| failure(&error))
    }
}

impl ExtractionQueue for SqsQueue {
    async fn push(
        &self,
        Enqueued {
            job,
            group,
            deduplication_id,
        }: Enqueued,
    ) -> Result<(), QueueError> {
        let body = serde_json::to_string(&job)
            .map_err(|_| QueueError::Refused("the job cannot be serialized".to_owned()))?;
        self.send(&body, group.as_str(), &deduplication_id).await
    }
}

/// The dead-letter queue of a queue.
#[derive(Debug, Clone)]
pub struct SqsDeadLetters {
    dead: SqsQueue,
    queue: SqsQueue,
}

impl SqsDeadLetters {
    /// Returns the dead-letter queue at `dead`, whose jobs came from `queue`.
    #[must_use]
    pub fn new(config: &SdkConfig, dead: Url, queue: SqsQueue) -> Self {
        Self {
            dead: SqsQueue::new(config, dead),
            queue,
        }
    }

    /// Receives up to ten letters. An empty list means that there are no more.
    async fn receive(&self) -> Result<Vec<Message>, QueueError> {
        let received = self
            .dead
            .client
            .receive_message()
            .queue_url(self.dead.url.as_str())
            .max_number_of_messages(10)
            .visibility_timeout(VISIBILITY_TIMEOUT)
            .message_system_attribute_names(MessageSystemAttributeName::MessageGroupId)
            .message_system_attribute_names(MessageSystemAttributeName::MessageDeduplicationId)
            .wait_time_seconds(1)
            .send()
            .await
            .map_err(|error| failure(&error))?;
        Ok(received.messages.unwrap_or_default())
    }

    /// Moves a letter back to the queue. Sends before deleting: a crash in between leads to a
    /// second job, which finds the work already done.
    async fn put_back(&self, letter: &Message, job: &Job, replay: u64) -> Result<(), QueueError> {
        let own_name = job.name();
        let group = attribute(letter, &MessageSystemAttributeName::MessageGroupId);
        let name = attribute(letter, &MessageSystemAttributeName::MessageDeduplicationId);
        self.queue
            .send(
                letter.body().unwrap_or_default(),
                group.unwrap_or(own_name),
                &replay_id(name.unwrap_or(own_name), replay),
            )
            .await?;
        self.dead
            .client
            .delete_message()
            .queue_url(self.dead.url.as_str())
            .receipt_handle(letter.receipt_handle().unwrap_or_default())
            .send()
            .await
            .map(|_| ())
            .map_err(|error| failure(&error))
    }
}

impl DeadLetters for SqsDeadLetters {
    /// Hides received letters until all were received, then makes them visible again.
    async fn list(&self) -> Result<Vec<DeadLetter>, QueueError> {
        let mut seen = Vec::new();
        loop {
            let letters = self.receive().await?;
            if letters.is_empty() {
                break;
            }
            seen.extend(letters);
        }
        for letter in &seen {
            self.dead
                .postpone(letter.receipt_handle().unwrap_or_default(), Duration::ZERO)
                .await?;
        }
        Ok(seen
            .iter()
            .map(|letter| DeadLetter {
                job: serde_json::from_str(letter.body().unwrap_or_default()).ok(),
                reason: None,
            })
            .collect())
    }

    /// Unreadable letters stay hidden for the visibility timeout, so the loop ends.
    async fn requeue(&self, replay: u64) -> Result<RequeueSummary, QueueError> {
        let mut summary = RequeueSummary::default();
        loop {
            let letters = self.receive().await?;
            if letters.is_empty() {
                return Ok(summary);
            }
            for letter in letters {
                match serde_json::from_str(letter.body().unwrap_or_default()) {
                    Ok(job) => {
                        self.put_back(&letter, &job, replay).await?;
                        summary.jobs += 1;
                    }
                    Err(_) => summary.unreadable += 1,
                }
            }
        }
    }
}

fn attribute<'a>(letter: &'a Message, name: &MessageSystemAttributeName) -> Option<&'a str> {
    letter.attributes()?.get(name).map(String::as_str)
}

fn failure<E: ProvideErrorMetadata>(error: &SdkError<E>) -> QueueError {
    match AwsError::new("SQS", error) {
        AwsError::Transient(reason) => QueueError::Unavailable(reason),
        AwsError::Permanent(reason) => QueueError::Refused(reason),
    }
}

#[cfg(test)]
#[cfg(all(feature = "s3", feature = "sqs"))]
mod tests;
