//! The post-call webhook on AWS Lambda.

use common::archive::s3::S3Archive;
use common::aws;
use common::lambda::{Error, Live, serve_live, start};
use common::queue::sqs::SqsQueue;
use common::settings::{StorageSettings, environment};
use post_call::{PostCall, router};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = start("post-call").await?;
    let emf = function.emf;
    let storage = StorageSettings::read(environment)?;
    let config = aws::config(function.http.clone(), environment);
    let archive = S3Archive::new(&config, storage.bucket);
    let queue = SqsQueue::new(&config, storage.queue);
    let webhook = Live::new(function, move |function| {
        router(PostCall::new(
            function.auth(),
            function.secrets.clone(),
            archive.clone(),
            queue.clone(),
            &function.settings,
        ))
    });
    serve_live(webhook, emf).await
}
