//! The health check on AWS Lambda.

use std::time::Duration;

use axum::Router;
use common::lambda::{Error, Function, Live, install_metrics, serve, serve_live, start};
use common::settings::SettingsError;
use health::{Health, invalid_settings_router};

/// Its name in metrics.
const NAME: &str = "health";

/// Time limit of requests to the memory store.
const STORE_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a request waits for the secrets, which may change settings. It still gets its response
/// within a second.
const SECRETS_WAIT: Duration = Duration::from_millis(100);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let function = match start(NAME).await {
        Ok(function) => function,
        Err(error) => return serve_invalid(&*error.downcast::<SettingsError>()?).await,
    };
    let emf = function.emf;
    let endpoint = Live::new(function, router)
        .or_if_invalid(invalid_settings_router)
        .waiting_at_most(SECRETS_WAIT);
    serve_live(endpoint, emf).await
}

fn router(function: &Function) -> Router {
    health::router(Health::new(
        function.openmemory(STORE_TIMEOUT),
        function.llm(),
        function.secrets.clone(),
    ))
}

/// Reports invalid settings instead of failing without a reason, as the other functions do.
async fn serve_invalid(error: &SettingsError) -> Result<(), Error> {
    tracing::error!(%error, "invalid settings");
    serve(invalid_settings_router(error), install_metrics(NAME)?).await
}
