//! The OpenMemory server on AWS Lambda, with the database that the secret names, or the DynamoDB
//! table that the environment names.

use common::lambda::{Error, serve, start_with_secrets};
use common::settings::environment;
use openmemory::Command;
use openmemory_function::{Access, Service, router};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (secrets, emf) = start_with_secrets("openmemory").await?;
    let settings = Command::from_variables(environment)?.settings();
    let access = Access::from_setting(environment("OPENMEMORY_AUTH").as_deref());
    serve(router(Service::new(secrets, settings, access)), emf).await
}
