//! The do-not-remember webhook on AWS Lambda.

use std::time::Duration;

use common::archive::s3::S3Archive;
use common::aws;
use common::lambda::{Error, Live, serve_live, start};
use common::settings::{environment, payload_bucket};
use do_not_remember::{DoNotRemember, router};

/// Time limit of one request to the memory store.
const STORE_TIMEOUT: Duration = Duration::from_secs(5);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = start("do-not-remember").await?;
    let emf = function.emf;
    let config = aws::config(function.http.clone(), environment);
    let archive = S3Archive::new(&config, payload_bucket(environment)?);
    let webhook = Live::new(function, move |function| {
        router(DoNotRemember::new(
            function.auth(),
            function.secrets.clone(),
            archive.clone(),
            function.openmemory(STORE_TIMEOUT),
            &function.settings,
        ))
    });
    serve_live(webhook, emf).await
}
