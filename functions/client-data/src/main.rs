//! The client-data webhook on AWS Lambda.

use client_data::{ClientData, router};
use common::lambda::{Error, serve, start};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = start("client-data").await?;
    let openmemory = function.openmemory(function.settings.greeting.deadline);
    let state = ClientData::new(function.auth(), openmemory, &function.settings);
    serve(router(state), function.emf).await
}
