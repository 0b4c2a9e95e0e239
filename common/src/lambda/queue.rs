//! What the extraction function does on AWS Lambda besides: work off what SQS hands it.

use std::convert::Infallible;

use lambda_http::LambdaEvent;
use lambda_http::lambda_runtime::{run, service_fn};

use super::{Emf, Error};
use crate::archive::Archive;
use crate::batch::{Batch, JobError, Queues, for_each_job};
use crate::queue::ExtractionJob;

/// Works off batches of jobs for as long as the instance lives.
///
/// # Errors
/// When Lambda's runtime cannot be reached.
pub async fn serve_queue<A: Archive>(
    queues: &Queues<A>,
    emf: &'static Emf,
    work: impl AsyncFn(ExtractionJob) -> Result<(), JobError>,
) -> Result<(), Error> {
    let work = &work;
    let handler = move |event: LambdaEvent<Batch>| async move {
        let report = for_each_job(event.payload, queues, work).await;
        emf.end_of_invocation();
        Ok::<_, Infallible>(report)
    };
    run(service_fn(handler)).await
}
