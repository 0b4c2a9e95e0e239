//! The chaos test with SQS FIFO and S3 at the URL in `ELAAOMS_TEST_AWS_ENDPOINT`. The code of the
//! extraction function settles the batches. As with Lambda, a message is deleted if the function
//! does not report it as failed. The clock is real: messages of a killed worker return after their
//! visibility timeout. Only postponed messages return after one second instead of half a minute.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::{Duration, Instant};

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
    ATTEMPTS, CONCURRENCY, FAILURE_PERCENT, Paid, SEED, check, deliveries, flaky_provider,
};
use crate::flaky::Flaky;
use crate::harness::{Bench, now};

/// The visibility timeout of a message, in seconds.
const VISIBILITY: i32 = 10;
/// When a worker is killed, as Lambda does, before its messages return.
const FUNCTION_LIMIT: Duration = Duration::from_secs(9);
/// How long the test waits after a transient error, in seconds.
const PAUSE: i32 = 1;
/// Maximum number of messages in a batch.
const BATCH_SIZE: i32 = 4;
/// The percentage of batches whose worker is killed.
const KILL_PERCENT: u32 = 15;
/// How long to wait for the queue to become empty.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(300);

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
}

impl Worker<'_> {
    async fn work(&self) {
        let started = Instant::now();
        loop {
            assert!(
                started.elapsed() < DRAIN_TIMEOUT,
                "messages are redelivered endlessly"
            );
            let messages = self.aws.receive().await;
            if !messages.is_empty() {
                self.process(&messages).await;
            } else if self.aws.messages(&self.aws.jobs).await == 0 {
                return;
            }
        }
    }

    async fn process(&self, messages: &[Message]) {
        let run = for_each_job(batch(messages), &self.aws.queues, async |job| {
            self.bench
                .extraction
                .run(&job, now())
                .await
                .map(|_| ())
                .map_err(Into::into)
        });
        match tokio::time::timeout(self.time_to_live(), run).await {
            Ok(report) => {
                self.aws
                    .settle(messages, &serde_json::to_value(report).unwrap())
                    .await
            }
            Err(_) => self.killed.set(self.killed.get() + messages.len()),
        }
    }

    fn time_to_live(&self) -> Duration {
        let mut random = self.random.borrow_mut();
        let is_killed = random.u32(0..100) < KILL_PERCENT;
        if is_killed {
            Duration::from_millis(random.u64(0..400))
        } else {
            FUNCTION_LIMIT
        }
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
        for message in messages {
            let receipt = message.receipt_handle().unwrap();
            if failures
                .iter()
                .any(|failure| failure["itemIdentifier"] == message.message_id().unwrap())
            {
                let pass = self
                    .sqs
                    .change_message_visibility()
                    .queue_url(&self.jobs)
                    .receipt_handle(receipt);
                pass.visibility_timeout(PAUSE).send().await.unwrap();
            } else {
                self.sqs
                    .delete_message()
                    .queue_url(&self.jobs)
                    .receipt_handle(receipt)
                    .send()
                    .await
                    .unwrap();
            }
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

/// Creates a queue with the attributes from the template, but a short visibility timeout.
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
