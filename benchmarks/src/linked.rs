//! The client-data webhook with the memory store linked into it, for comparison: the deployed one
//! asks the OpenMemory function over HTTP.

use client_data::{ClientData, router};
use common::lambda::{Error, serve, start};
use common::openmemory::{OpenMemory, Transport};
use common::settings::environment;
use openmemory::Command;
use openmemory_function::{Access, Service};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = start("client-data").await?;
    let store = Command::from_variables(environment)?.settings();
    let store = Service::new(function.secrets.clone(), store, Access::ApiKey);
    let routes = openmemory_function::router(store);
    let openmemory = OpenMemory::new(
        Transport::in_process(function.http.clone(), routes),
        &function.settings.openmemory,
        function.secrets.clone(),
        function.settings.memory.pseudonymous_callers,
        function.settings.greeting.deadline,
    );
    let state = ClientData::new(function.auth(), openmemory, &function.settings);
    serve(router(state), function.emf).await
}
