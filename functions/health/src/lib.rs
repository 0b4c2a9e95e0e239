//! `GET /health`: reports whether calls can be served and, if not, why. `GET /health/live`: responds
//! as long as the process serves requests.
//!
//! The checks send real requests. They run in the background, once for all requests, so that
//! frequent probes do not burden the memory store and none waits for a service that hangs.

mod background;
mod checks;
mod report;

pub use report::{Check, Report, Status};

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use common::llm::Llm;
use common::measure;
use common::openmemory::OpenMemory;
use common::secrets::Secrets;
use common::settings::SettingsError;
use common::webhook_error::WebhookError;
use serde::Serialize;

use background::Background;
use checks::Services;

/// How long a request waits for the checks. A response takes less than one second.
const WAIT: Duration = Duration::from_millis(800);
/// How long a request with `?wait=true` waits: longer than every check.
const LONG_WAIT: Duration = Duration::from_secs(5);

/// The state of this endpoint; cheap to clone.
#[derive(Clone)]
pub struct Health {
    background: Arc<Background>,
}

impl Health {
    /// Creates the endpoint. It checks everything that calls depend on.
    #[must_use]
    pub fn new(openmemory: OpenMemory, llm: Option<Llm>, secrets: Secrets) -> Self {
        Self::checking(Services {
            openmemory,
            llm,
            secrets,
            storage: None,
        })
    }

    /// Creates the endpoint for one machine. It also checks the disk on which calls are stored.
    #[must_use]
    pub fn with_storage(
        openmemory: OpenMemory,
        llm: Option<Llm>,
        secrets: Secrets,
        storage: impl Fn() -> Check + Send + Sync + 'static,
    ) -> Self {
        Self::checking(Services {
            openmemory,
            llm,
            secrets,
            storage: Some(Box::new(storage)),
        })
    }

    fn checking(services: Services) -> Self {
        Self {
            background: Arc::new(Background::new(services)),
        }
    }
}

/// Returns the routes of this endpoint.
pub fn router(state: Health) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/health/live", get(live))
        .with_state(state)
}

/// Returns the route of a deployment whose settings are invalid. The report names them.
pub fn invalid_settings_router(error: &SettingsError) -> Router {
    Router::new()
        .route("/health", get(invalid_settings))
        .route("/health/live", get(live))
        .with_state(error.to_string())
}

async fn invalid_settings(State(reason): State<String>) -> Response {
    respond(Report::invalid_settings(report::now(), reason))
}

async fn health(
    State(state): State<Health>,
    RawQuery(query): RawQuery,
) -> Result<Response, WebhookError> {
    let wait = wait(query.as_deref().unwrap_or_default())?;
    Ok(respond(state.background.report(wait).await))
}

/// Returns how long a request with this query waits. Other parameters have no effect.
fn wait(query: &str) -> Result<Duration, WebhookError> {
    let pairs = query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let mut values = pairs.filter(|(name, _)| *name == "wait");
    match (values.next(), values.next()) {
        (None, _) => Ok(WAIT),
        (Some((_, "true")), None) => Ok(LONG_WAIT),
        _ => Err(WebhookError::BadRequest("wait must be true".to_owned())),
    }
}

fn respond(report: Report) -> Response {
    let status = report.http_status();
    measure::health(status.is_server_error());
    (status, Json(report)).into_response()
}

/// The response of `/health/live`.
#[derive(Serialize)]
struct Live {
    status: &'static str,
}

async fn live() -> Json<Live> {
    Json(Live { status: "alive" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_waits_for_all_checks_only_with_wait_true() {
        for (query, expected) in [
            ("", Some(WAIT)),
            ("probe=1", Some(WAIT)),
            ("wait=true", Some(LONG_WAIT)),
            ("probe=1&wait=true", Some(LONG_WAIT)),
            ("wait", None),
            ("wait=", None),
            ("wait=false", None),
            ("wait=true&wait=true", None),
        ] {
            assert_eq!(wait(query).ok(), expected, "{query}");
        }
    }
}
