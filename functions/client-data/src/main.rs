//! The client-data webhook on AWS Lambda.

use client_data::{ClientData, router};
use common::lambda::{Error, Live, serve_live, start};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = start("client-data").await?;
    let emf = function.emf;
    let webhook = Live::new(function, |function| {
        let openmemory = function.openmemory(function.settings.greeting.deadline);
        router(ClientData::new(
            function.auth(),
            openmemory,
            &function.settings,
        ))
    });
    serve_live(webhook, emf).await
}
