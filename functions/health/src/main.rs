//! The health check on AWS Lambda.

use std::time::Duration;

use common::lambda::{Error, serve, start};
use health::{Health, router};

/// Time limit of requests to the memory store.
const STORE_TIMEOUT: Duration = Duration::from_secs(3);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = start("health").await?;
    let state = Health::new(
        function.openmemory(STORE_TIMEOUT),
        function.llm(),
        function.secrets.clone(),
    );
    serve(router(state), function.emf).await
}
