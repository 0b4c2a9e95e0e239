//! Runs the extraction function on AWS Lambda: processes the batches that SQS delivers.

use std::convert::Infallible;

use lambda_http::LambdaEvent;
use lambda_http::lambda_runtime::{run, service_fn};

use super::{Emf, Error};
use crate::archive::Archive;
use crate::batch::{Batch, JobError, Queues, for_each_job};
use crate::queue::Job;
use crate::trace;

/// Processes batches of jobs until the instance ends.
///
/// # Errors
/// Fails if the Lambda runtime is unreachable.
pub async fn serve_queue<A: Archive>(
    queues: &Queues<A>,
    emf: &'static Emf,
    work: impl AsyncFn(Job) -> Result<(), JobError>,
) -> Result<(), Error> {
    let work = &work;
    let handler = move |event: LambdaEvent<Batch>| async move {
        let jobs = for_each_job(event.payload, queues, work);
        let xray = event.context.xray_trace_id.as_deref();
        let response = trace::in_invocation(xray, jobs).await;
        emf.end_of_invocation();
        Ok::<_, Infallible>(response)
    };
    run(service_fn(handler)).await
}
