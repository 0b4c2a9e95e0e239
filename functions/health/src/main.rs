//! The health check on AWS Lambda.

use std::time::Duration;

use common::lambda::{Error, serve, start};
use health::{Health, router};

/// How long the store may take to say that it is there.
const STORE_LIMIT: Duration = Duration::from_secs(3);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = start("health")?;
    let state = Health::new(
        function.openmemory(STORE_LIMIT),
        function.llm(),
        function.secrets.clone(),
    );
    serve(router(state), function.emf).await
}
