//! The OpenMemory server on AWS Lambda, with the PostgreSQL database that the secret names.

use common::lambda::{Error, serve, start_with_secrets};
use openmemory::Command;
use openmemory_function::{Service, router};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (secrets, emf) = start_with_secrets("openmemory")?;
    let settings = Command::of_environment()?.settings();
    serve(router(Service::new(secrets, settings)), emf).await
}
