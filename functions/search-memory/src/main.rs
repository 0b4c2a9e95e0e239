//! The search-memory webhook on AWS Lambda.

use common::lambda::{Error, serve, start};
use search_memory::{SearchMemory, router};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = start("search-memory").await?;
    let openmemory = function.openmemory(function.settings.recall.deadline);
    let state = SearchMemory::new(function.auth(), openmemory, &function.settings);
    serve(router(state), function.emf).await
}
