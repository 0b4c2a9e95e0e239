//! The extraction on AWS Lambda, which processes jobs from SQS.

use std::time::{Duration, Instant};

use common::archive::s3::S3Archive;
use common::batch::{JobError, Queues};
use common::elevenlabs::agents::AgentsApi;
use common::lambda::{Error, Function, Live, serve_queue, start};
use common::queue::ExtractionJob;
use common::queue::sqs::SqsQueue;
use common::settings::{StorageSettings, dead_letter_queue, environment};
use common::{aws, measure};
use extraction::{Extraction, ExtractionError};
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
    let extraction = Live::new(function, move |function| {
        extraction(function, archive.clone())
    });
    serve_queue(&queues, emf, async |job| {
        run(&extraction.current().await, job).await
    })
    .await
}

fn extraction(function: &Function, archive: S3Archive) -> Extraction<S3Archive> {
    let base = function.settings.elevenlabs_api_url.clone();
    Extraction::new(
        archive,
        function.openmemory(STORE_TIMEOUT),
        function.llm(),
        AgentsApi::new(function.http.clone(), base, function.secrets.clone()),
        &function.settings,
    )
}

async fn run(extraction: &Extraction<S3Archive>, job: ExtractionJob) -> Result<(), JobError> {
    let started = Instant::now();
    let result = extraction.run(&job, now()).await;
    measure::background_job(
        result.as_ref().err().map_or("ok", ExtractionError::kind),
        started.elapsed(),
    );
    result.map(|_| ()).map_err(|error| {
        if !error.is_outage() {
            measure::extraction_error();
        }
        error.into()
    })
}

#[expect(clippy::disallowed_methods, reason = "the time at which a job runs")]
fn now() -> Timestamp {
    Timestamp::now()
}
