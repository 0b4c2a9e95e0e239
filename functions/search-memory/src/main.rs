//! The search-memory webhook on AWS Lambda.

use common::lambda::{Error, Live, serve_live, start};
use search_memory::{SearchMemory, router};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = start("search-memory").await?;
    let emf = function.emf;
    let webhook = Live::new(function, |function| {
        let openmemory = function.openmemory(function.settings.recall.deadline);
        router(SearchMemory::new(
            function.auth(),
            openmemory,
            &function.settings,
        ))
    });
    serve_live(webhook, emf).await
}
