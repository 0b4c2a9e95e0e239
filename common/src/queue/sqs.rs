//! The queue as SQS FIFO.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use url::Url;

use super::{
    DeadLetter, DeadLetters, Enqueued, ExtractionJob, ExtractionQueue, QueueError, Revived,
};

/// How long dead letters that are being looked at are hidden from others, in seconds: long enough
/// to see each once.
const HIDDEN: i32 = 120;

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
        Self {
            client: Client::new(config),
            url,
        }
    }

    /// Hides a received message for `pause`, after which it comes again.
    ///
    /// # Errors
    /// [`QueueError`]
    pub async fn postpone(&self, receipt: &str, pause: Duration) -> Result<(), QueueError> {
        let seconds = i32::try_from(pause.as_secs()).unwrap_or(i32::MAX);
        let change = self
            .client
            .change_message_visibility()
            .queue_url(self.url.as_str());
        let change = change.receipt_handle(receipt).visibility_timeout(seconds);
        change
            .send()
            .await
            .map(|_| ())
            .map_err(|error| failure(&error))
    }

    /// Sends a body as it is.
    ///
    /// # Errors
    /// [`QueueError`]
    pub async fn send(
        &self,
        body: &str,
        group: &str,
        deduplication_id: &str,
    ) -> Result<(), QueueError> {
        let send = self
            .client
            .send_message()
            .queue_url(self.url.as_str())
            .message_body(body);
        let send = send
            .message_group_id(group)
            .message_deduplication_id(deduplication_id);
        send.send()
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
            .map_err(|_| QueueError::Refused("the job cannot be written".to_owned()))?;
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
    /// The letters at `dead`, which go back to `queue`.
    #[must_use]
    pub fn new(config: &SdkConfig, dead: Url, queue: SqsQueue) -> Self {
        Self {
            dead: SqsQueue::new(config, dead),
            queue,
        }
    }

    /// Up to ten letters; none when there are no more.
    async fn receive(&self) -> Result<Vec<Message>, QueueError> {
        let receive = self
            .dead
            .client
            .receive_message()
            .queue_url(self.dead.url.as_str())
            .max_number_of_messages(10);
        let receive = receive.visibility_timeout(HIDDEN);
        let receive =
            receive.message_system_attribute_names(MessageSystemAttributeName::MessageGroupId);
        let received = receive
            .wait_time_seconds(1)
            .send()
            .await
            .map_err(|error| failure(&error))?;
        Ok(received.messages.unwrap_or_default())
    }

    /// Sends before it deletes: dying in between means a second job, which finds the first one's
    /// work done.
    async fn put_back(
        &self,
        letter: &Message,
        job: &ExtractionJob,
        replay: u64,
    ) -> Result<(), QueueError> {
        let group = letter
            .attributes
            .as_ref()
            .and_then(|all| all.get(&MessageSystemAttributeName::MessageGroupId));
        let group = group.map_or_else(|| job.conversation_id.as_str(), String::as_str);
        let name = format!("{}-replay-{replay}", job.conversation_id);
        self.queue
            .send(letter.body().unwrap_or_default(), group, &name)
            .await?;
        let delete = self
            .dead
            .client
            .delete_message()
            .queue_url(self.dead.url.as_str());
        let delete = delete.receipt_handle(letter.receipt_handle().unwrap_or_default());
        delete
            .send()
            .await
            .map(|_| ())
            .map_err(|error| failure(&error))
    }
}

impl DeadLetters for SqsDeadLetters {
    /// Hides what it has seen until it has seen everything, and then shows it again.
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
        let read = |letter: &Message| serde_json::from_str(letter.body().unwrap_or_default()).ok();
        Ok(seen
            .iter()
            .map(|letter| DeadLetter {
                job: read(letter),
                reason: None,
            })
            .collect())
    }

    /// A letter that cannot be read is hidden by its receipt until its visibility is over, so that
    /// this ends.
    async fn revive(&self, replay: u64) -> Result<Revived, QueueError> {
        let mut revived = Revived::default();
        loop {
            let letters = self.receive().await?;
            if letters.is_empty() {
                return Ok(revived);
            }
            for letter in letters {
                match serde_json::from_str(letter.body().unwrap_or_default()) {
                    Ok(job) => {
                        self.put_back(&letter, &job, replay).await?;
                        revived.jobs += 1;
                    }
                    Err(_) => revived.unreadable += 1,
                }
            }
        }
    }
}

/// Names SQS's error code at most. A missing permission heals by no waiting; everything else may.
fn failure<E: ProvideErrorMetadata>(error: &SdkError<E>) -> QueueError {
    let code = error
        .as_service_error()
        .and_then(ProvideErrorMetadata::code)
        .unwrap_or("without a reason");
    match error
        .raw_response()
        .map(|response| response.status().as_u16())
    {
        None => QueueError::Unavailable("SQS cannot be reached".to_owned()),
        Some(status @ (429 | 500..)) => QueueError::Unavailable(format!("SQS: {status} {code}")),
        Some(status) if code.contains("Throttl") => {
            QueueError::Unavailable(format!("SQS: {status} {code}"))
        }
        Some(status) => QueueError::Refused(format!("SQS: {status} {code}")),
    }
}

#[cfg(test)]
#[cfg(all(feature = "s3", feature = "sqs"))]
mod tests;
