//! SQS FIFO at the URL in `ELAAOMS_TEST_AWS_ENDPOINT`, with the usual AWS credentials in the
//! environment. The code of the extraction function settles the messages. Like Lambda, the test
//! deletes every message that the function does not report as failed.

use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName};
use common::archive::folder::FolderArchive;
use common::batch::{Batch, JobError, Queues, for_each_job};
use common::queue::sqs::{SqsDeadLetters, SqsQueue};
use common::queue::{DeadLetter, DeadLetters, Enqueued, ExtractionQueue, RequeueSummary};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Queue, TakenJob};

pub(crate) struct Sqs {
    client: Client,
    url: String,
    queues: Queues<FolderArchive>,
    letters: SqsDeadLetters,
    _folder: TempDir,
}

impl Sqs {
    pub(crate) async fn new() -> Self {
        let config = common::aws::config(common::http_client::build().unwrap(), lookup);
        let client = Client::new(&config);
        let url = create_queue(&client, "jobs").await;
        let dead = create_queue(&client, "dead").await;
        let queue_at = |url: &str| SqsQueue::new(&config, url.parse().unwrap());
        let letters = SqsDeadLetters::new(&config, dead.parse().unwrap(), queue_at(&url));
        let folder = tempfile::tempdir().unwrap();
        let archive = FolderArchive::open(folder.path(), None).unwrap();
        let queues = Queues {
            jobs: queue_at(&url),
            dead_letters: queue_at(&dead),
            archive,
        };
        Self {
            client,
            queues,
            url,
            letters,
            _folder: folder,
        }
    }

    /// Settles a message like the extraction function whose job ended with this result.
    async fn settle(&self, taken: TakenJob<Value>, result: Result<(), JobError>) {
        let receipt = taken.receipt["receiptHandle"].as_str().unwrap().to_owned();
        let batch: Batch = serde_json::from_value(json!({"Records": [taken.receipt]})).unwrap();
        let report = for_each_job(batch, &self.queues, async |_| result.clone()).await;
        let report = serde_json::to_value(&report).unwrap();
        if report["batchItemFailures"] == json!([]) {
            let delete = self
                .client
                .delete_message()
                .queue_url(&self.url)
                .receipt_handle(receipt);
            delete.send().await.unwrap();
        }
    }
}

impl Queue for Sqs {
    /// The message in the form of a Lambda event.
    type Receipt = Value;
    const VISIBILITY: Duration = Duration::from_secs(10);

    async fn push(&self, job: Enqueued) {
        self.queues.jobs.push(job).await.unwrap();
    }

    async fn take(&self) -> Option<TakenJob<Value>> {
        let receive = self
            .client
            .receive_message()
            .queue_url(&self.url)
            .wait_time_seconds(1)
            .max_number_of_messages(1);
        let receive = receive.message_system_attribute_names(MessageSystemAttributeName::All);
        let message = receive
            .send()
            .await
            .unwrap()
            .messages
            .unwrap_or_default()
            .pop()?;
        let attribute = |name| message.attributes().and_then(|all| all.get(&name)).cloned();
        let receipt = json!({
            "messageId": message.message_id(),
            "receiptHandle": message.receipt_handle(),
            "body": message.body(),
            "attributes": {
                "MessageGroupId": attribute(MessageSystemAttributeName::MessageGroupId),
                "MessageDeduplicationId": attribute(MessageSystemAttributeName::MessageDeduplicationId),
                "ApproximateReceiveCount": attribute(MessageSystemAttributeName::ApproximateReceiveCount),
            },
        });
        Some(TakenJob {
            job: serde_json::from_str(message.body().unwrap()).unwrap(),
            receipt,
        })
    }

    async fn finish(&self, taken: TakenJob<Value>) {
        self.settle(taken, Ok(())).await;
    }

    async fn postpone(&self, taken: TakenJob<Value>) {
        self.settle(
            taken,
            Err(JobError::Transient {
                reason: "away".to_owned(),
                at_least: None,
            }),
        )
        .await;
    }

    async fn fail(&self, taken: TakenJob<Value>) {
        self.settle(taken, Err(JobError::Permanent("unreadable".to_owned())))
            .await;
    }

    async fn dead_letters(&self) -> Vec<DeadLetter> {
        self.letters.list().await.unwrap()
    }

    async fn requeue(&self, replay: u64) -> RequeueSummary {
        self.letters.requeue(replay).await.unwrap()
    }

    async fn wait(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// Creates a queue with the attributes of the template, but a short visibility timeout. Returns its
/// URL.
async fn create_queue(client: &Client, purpose: &str) -> String {
    let name = format!("{purpose}-{:016x}.fifo", fastrand::u64(..));
    let request = client
        .create_queue()
        .queue_name(name)
        .attributes(QueueAttributeName::FifoQueue, "true")
        .attributes(QueueAttributeName::DeduplicationScope, "messageGroup")
        .attributes(QueueAttributeName::FifoThroughputLimit, "perMessageGroupId")
        .attributes(
            QueueAttributeName::VisibilityTimeout,
            Sqs::VISIBILITY.as_secs().to_string(),
        );
    request.send().await.unwrap().queue_url.unwrap()
}

#[expect(
    clippy::disallowed_methods,
    reason = "an environment variable tells where SQS is"
)]
fn lookup(name: &str) -> Option<String> {
    match name {
        "AWS_ENDPOINT_URL" => Some(std::env::var("ELAAOMS_TEST_AWS_ENDPOINT").unwrap()),
        "AWS_REGION" => Some("eu-central-1".to_owned()),
        _ => None,
    }
}
