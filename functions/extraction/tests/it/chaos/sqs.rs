//! The chaos test with SQS FIFO and S3 at the URL in `ELAAOMS_TEST_AWS_ENDPOINT`. The code of the
//! extraction function settles the batches. As with Lambda, a message is deleted if the function
//! does not report it as failed. The clock is real, but waiting is short: messages of a killed
//! worker return after seconds instead of the visibility timeout of the template, and so do
//! postponed messages. The test counts deliveries, so a slow machine does not fail it.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName};
use common::archive::s3::S3Archive;
use common::batch::{Batch, Queues, for_each_job};
use common::queue::sqs::SqsQueue;
use common::queue::{Enqueued, ExtractionQueue};
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{
    ATTEMPTS, CALLS, CONCURRENCY, FAILURE_PERCENT, Paid, SEED, check, deliveries, flaky_provider,
};
use crate::flaky::Flaky;
use crate::harness::{Bench, now};

/// The visibility timeout of a message, in seconds. Longer than any batch takes on a slow machine.
const VISIBILITY: i32 = 300;
/// When the messages of a killed worker return, in seconds.
const RETURN: i32 = 3;
/// How long the test waits after a transient error, in seconds.
const PAUSE: i32 = 1;
/// Maximum number of messages in a batch.
const BATCH_SIZE: i32 = 4;
/// The percentage of batches whose worker is killed.
const KILL_PERCENT: u32 = 15;
/// Maximum number of deliveries.
const DELIVERY_LIMIT: usize = 20 * CALLS;
/// How often in a row a queue that holds messages may deliver none. A receive waits for a second.
const SILENCE_LIMIT: usize = 300;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "asks SQS and S3: tests/emulator/run"]
async fn after_chaos_on_sqs_every_call_is_stored_exactly_once() {
    let aws = Aws::start().await;
    let (real, paid) = (Bench::openai().await, Paid::default());
    let flaky = Flaky::before(real.store_url(), FAILURE_PERCENT, SEED).await;
    let archive = aws.queues.archive.clone();
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::over(
        folder,
        archive,
        "openai",
        &[("OPENMEMORY_API_URL", &flaky.url()), ATTEMPTS],
    )
    .await;
    flaky_provider(&bench, Arc::clone(&paid)).await;
    let mut random = fastrand::Rng::with_seed(SEED);
    aws.send(deliveries(&bench, &mut random).await).await;

    let worker = Worker {
        aws: &aws,
        bench: &bench,
        random: RefCell::new(random),
        killed: Cell::new(0),
        delivered: Cell::new(0),
    };
    join_all((0..CONCURRENCY).map(|_| worker.work())).await;
    assert_eq!(
        aws.messages(&aws.dead).await,
        0,
        "an outage must not send jobs to the dead-letter queue"
    );
    check(&real, &paid, worker.killed.get()).await;
}

struct Worker<'a> {
    aws: &'a Aws,
    bench: &'a Bench<S3Archive>,
    random: RefCell<fastrand::Rng>,
    /// Messages whose worker was killed.
    killed: Cell<usize>,
    /// Messages received, each as often as it was delivered.
    delivered: Cell<usize>,
}

impl Worker<'_> {
    async fn work(&self) {
        let mut silent = 0;
        loop {
            let messages = self.aws.receive().await;
            if !messages.is_empty() {
                silent = 0;
                self.count(messages.len());
                self.process(&messages).await;
            } else if self.aws.messages(&self.aws.jobs).await == 0 {
                return;
            } else {
                silent += 1;
                assert!(silent < SILENCE_LIMIT, "messages are never delivered");
            }
        }
    }

    fn count(&self, messages: usize) {
        self.delivered.set(self.delivered.get() + messages);
        assert!(
            self.delivered.get() < DELIVERY_LIMIT,
            "messages are redelivered endlessly"
        );
    }

    async fn process(&self, messages: &[Message]) {
        let run = for_each_job(batch(messages), &self.aws.queues, async |job| {
            self.bench
                .extraction
                .run(job.extraction().unwrap(), now())
                .await
                .map(|_| ())
                .map_err(Into::into)
        });
        let report = match self.time_to_live() {
            Some(limit) => tokio::time::timeout(limit, run).await.ok(),
            None => Some(run.await),
        };
        match report {
            Some(report) => {
                let report = serde_json::to_value(report).unwrap();
                self.aws.settle(messages, &report).await;
            }
            None => {
                self.killed.set(self.killed.get() + messages.len());
                self.aws.return_all(messages, RETURN).await;
            }
        }
    }

    /// Returns when the worker of a batch is killed, if it is.
    fn time_to_live(&self) -> Option<Duration> {
        let mut random = self.random.borrow_mut();
        let is_killed = random.u32(0..100) < KILL_PERCENT;
        is_killed.then(|| Duration::from_millis(random.u64(0..400)))
    }
}

struct Aws {
    sqs: Client,
    jobs: String,
    dead: String,
    queues: Queues<S3Archive>,
}

impl Aws {
    /// Connects and creates new queues and a new bucket.
    async fn start() -> Self {
        let config = common::aws::config(common::http_client::build().unwrap(), lookup);
        let name = format!("chaos-{:016x}", fastrand::u64(..));
        let s3 = aws_sdk_s3::config::Builder::from(&config)
            .force_path_style(true)
            .build();
        let here = CreateBucketConfiguration::builder()
            .location_constraint(BucketLocationConstraint::EuCentral1);
        let bucket = aws_sdk_s3::Client::from_conf(s3)
            .create_bucket()
            .bucket(&name);
        bucket
            .create_bucket_configuration(here.build())
            .send()
            .await
            .unwrap();
        let sqs = Client::new(&config);
        let (jobs, dead) = (
            create_queue(&sqs, &name).await,
            create_queue(&sqs, &format!("{name}-dead")).await,
        );
        let queues = Queues {
            jobs: SqsQueue::new(&config, jobs.parse().unwrap()),
            dead_letters: SqsQueue::new(&config, dead.parse().unwrap()),
            archive: S3Archive::new(&config, name),
        };
        Self {
            sqs,
            jobs,
            dead,
            queues,
        }
    }

    async fn send(&self, deliveries: Vec<Enqueued>) {
        for delivery in deliveries {
            self.queues.jobs.push(delivery).await.unwrap();
        }
    }

    async fn receive(&self) -> Vec<Message> {
        let receive = self
            .sqs
            .receive_message()
            .queue_url(&self.jobs)
            .wait_time_seconds(1)
            .max_number_of_messages(BATCH_SIZE);
        let receive = receive.message_system_attribute_names(MessageSystemAttributeName::All);
        receive.send().await.unwrap().messages.unwrap_or_default()
    }

    /// Deletes the finished messages and lets the others return after [`PAUSE`].
    async fn settle(&self, messages: &[Message], report: &Value) {
        let failures = report["batchItemFailures"].as_array().unwrap();
        let has_failed = |message: &Message| {
            let id = message.message_id().unwrap();
            failures
                .iter()
                .any(|failure| failure["itemIdentifier"] == id)
        };
        let (failed, finished): (Vec<_>, Vec<_>) = messages.iter().partition(|m| has_failed(m));
        self.return_all(failed, PAUSE).await;
        for message in finished {
            let delete = self.sqs.delete_message().queue_url(&self.jobs);
            let delete = delete.receipt_handle(message.receipt_handle().unwrap());
            delete.send().await.unwrap();
        }
    }

    /// Lets messages return after some seconds.
    async fn return_all(&self, messages: impl IntoIterator<Item = &Message>, seconds: i32) {
        for message in messages {
            let change = self.sqs.change_message_visibility().queue_url(&self.jobs);
            let change = change.receipt_handle(message.receipt_handle().unwrap());
            let change = change.visibility_timeout(seconds);
            change.send().await.unwrap();
        }
    }

    /// Returns the number of messages in a queue, visible or not.
    async fn messages(&self, url: &str) -> usize {
        let names = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        ];
        let get = self
            .sqs
            .get_queue_attributes()
            .queue_url(url)
            .set_attribute_names(Some(names.to_vec()));
        let attributes = get.send().await.unwrap().attributes.unwrap();
        names
            .iter()
            .map(|name| attributes[name].parse::<usize>().unwrap())
            .sum()
    }
}

/// Returns the messages as a Lambda event contains them.
fn batch(messages: &[Message]) -> Batch {
    let record = |message: &Message| {
        let attribute = |name| message.attributes().and_then(|all| all.get(&name)).cloned();
        json!({
            "messageId": message.message_id(),
            "receiptHandle": message.receipt_handle(),
            "body": message.body(),
            "attributes": {
                "MessageGroupId": attribute(MessageSystemAttributeName::MessageGroupId),
                "ApproximateReceiveCount": attribute(MessageSystemAttributeName::ApproximateReceiveCount),
            },
        })
    };
    serde_json::from_value(json!({"Records": messages.iter().map(record).collect::<Vec<_>>()}))
        .unwrap()
}

/// Creates a queue with the attributes from the template, except the visibility timeout.
async fn create_queue(sqs: &Client, name: &str) -> String {
    let queue = sqs
        .create_queue()
        .queue_name(format!("{name}.fifo"))
        .attributes(QueueAttributeName::FifoQueue, "true");
    let queue = queue.attributes(QueueAttributeName::DeduplicationScope, "messageGroup");
    let queue = queue.attributes(QueueAttributeName::FifoThroughputLimit, "perMessageGroupId");
    let queue = queue.attributes(
        QueueAttributeName::VisibilityTimeout,
        VISIBILITY.to_string(),
    );
    queue.send().await.unwrap().queue_url.unwrap()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the environment names the endpoint"
)]
fn lookup(name: &str) -> Option<String> {
    match name {
        "AWS_ENDPOINT_URL" => Some(std::env::var("ELAAOMS_TEST_AWS_ENDPOINT").unwrap()),
        "AWS_REGION" => Some("eu-central-1".to_owned()),
        _ => None,
    }
}
