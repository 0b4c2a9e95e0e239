//! The extraction on AWS Lambda, which processes jobs from SQS.

use std::time::Duration;

use common::archive::s3::S3Archive;
use common::aws;
use common::batch::Queues;
use common::elevenlabs::agents::AgentsApi;
use common::events::{Outbox, Receivers};
use common::lambda::{Error, Function, Live, serve_queue, start};
use common::queue::sqs::SqsQueue;
use common::settings::{StorageSettings, dead_letter_queue, environment};
use extraction::{EventDelivery, Extraction, Worker};
use jiff::Timestamp;

/// Time limit of one request to the memory store. It is generous, because no caller is waiting.
const STORE_TIMEOUT: Duration = Duration::from_secs(30);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = start("extraction").await?;
    let emf = function.emf;
    let storage = StorageSettings::read(environment)?;
    let config = aws::config(function.http.clone(), environment);
    let archive = S3Archive::new(&config, storage.bucket);
    let queues = Queues {
        jobs: SqsQueue::new(&config, storage.queue),
        dead_letters: SqsQueue::new(&config, dead_letter_queue(environment)?),
        archive: archive.clone(),
    };
    let jobs = queues.jobs.clone();
    let worker = Live::new(function, move |function| {
        worker(function, archive.clone(), jobs.clone())
    });
    serve_queue(&queues, emf, async |job| {
        Ok(worker.current().await.run(&job).await?)
    })
    .await
}

fn worker(function: &Function, archive: S3Archive, jobs: SqsQueue) -> Worker<S3Archive> {
    let Function {
        settings,
        http,
        secrets,
        ..
    } = function;
    let base = settings.elevenlabs_api_url.clone();
    let extraction = Extraction::new(
        archive.clone(),
        function.openmemory(STORE_TIMEOUT),
        function.llm(),
        AgentsApi::new(http.clone(), base, secrets.clone()),
        secrets.clone(),
        settings,
    )
    .with_events(Outbox::new(&settings.events, jobs), secrets.clone());
    let receivers = Receivers::new(http, secrets, &settings.events);
    let events = EventDelivery::new(archive, receivers, &settings.caller);
    Worker::new(extraction, events, now)
}

#[expect(clippy::disallowed_methods, reason = "the time at which a job runs")]
fn now() -> Timestamp {
    Timestamp::now()
}
