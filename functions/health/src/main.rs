//! The health check on AWS Lambda.

use std::time::Duration;

use common::lambda::{Error, install_metrics, serve, start};
use common::settings::SettingsError;
use health::{Health, invalid_settings_router, router};

/// Its name in metrics.
const NAME: &str = "health";

/// Time limit of requests to the memory store.
const STORE_TIMEOUT: Duration = Duration::from_secs(3);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = match start(NAME).await {
        Ok(function) => function,
        Err(error) => return serve_invalid(&*error.downcast::<SettingsError>()?).await,
    };
    let state = Health::new(
        function.openmemory(STORE_TIMEOUT),
        function.llm(),
        function.secrets.clone(),
    );
    serve(router(state), function.emf).await
}

/// Reports invalid settings instead of failing without a reason, as the other functions do.
async fn serve_invalid(error: &SettingsError) -> Result<(), Error> {
    tracing::error!(%error, "invalid settings");
    serve(invalid_settings_router(error), install_metrics(NAME)?).await
}
