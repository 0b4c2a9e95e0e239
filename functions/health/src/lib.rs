//! `GET /health`: reports whether calls can be served and, if not, why.
//!
//! The checks send real requests. The report is cached, so that frequent probes of a load balancer
//! do not burden the memory store.

mod report;

pub use report::{Check, Report, Status};

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use common::llm::Llm;
use common::measure;
use common::openmemory::OpenMemory;
use common::secrets::Secrets;
use common::settings::SettingsError;
use jiff::Timestamp;
use tokio::sync::Mutex;
use tracing::error;

use report::Checks;

/// How long a report is cached.
const CACHE_TTL: Duration = Duration::from_secs(30);
/// Time limit of one check.
const CHECK_TIMEOUT: Duration = Duration::from_secs(3);

/// The state of this endpoint; cheap to clone.
#[derive(Clone)]
pub struct Health {
    openmemory: OpenMemory,
    llm: Option<Llm>,
    secrets: Secrets,
    storage: Option<Arc<dyn Fn() -> Check + Send + Sync>>,
    cached: Arc<Mutex<Option<(Instant, Report)>>>,
}

impl Health {
    /// Creates the endpoint. It checks everything that calls depend on.
    #[must_use]
    pub fn new(openmemory: OpenMemory, llm: Option<Llm>, secrets: Secrets) -> Self {
        Self {
            openmemory,
            llm,
            secrets,
            storage: None,
            cached: Arc::default(),
        }
    }

    /// Adds a check of the disk on which calls are stored.
    #[must_use]
    pub fn with_storage(self, check: impl Fn() -> Check + Send + Sync + 'static) -> Self {
        Self {
            storage: Some(Arc::new(check)),
            ..self
        }
    }
}

/// Returns the route of this endpoint.
pub fn router(state: Health) -> Router {
    Router::new()
        .route("/health", get(health))
        .with_state(state)
}

/// Returns the route of a deployment whose settings are invalid. The report names them.
pub fn invalid_settings_router(error: &SettingsError) -> Router {
    Router::new()
        .route("/health", get(invalid_settings))
        .with_state(error.to_string())
}

async fn invalid_settings(State(reason): State<String>) -> Response {
    respond(Report::invalid_settings(now(), reason))
}

async fn health(State(state): State<Health>) -> Response {
    respond(state.report().await)
}

fn respond(report: Report) -> Response {
    let status = report.http_status();
    measure::health(status.is_server_error());
    (status, Json(report)).into_response()
}

impl Health {
    /// Returns the cached report or makes a new one. Concurrent requests wait for the same report.
    async fn report(&self) -> Report {
        let mut cached = self.cached.lock().await;
        if let Some((_, report)) = cached.as_ref().filter(|(at, _)| at.elapsed() < CACHE_TTL) {
            return report.clone();
        }
        let report = self.check().await;
        for reason in &report.reasons {
            error!(reason, "health check failed");
        }
        *cached = Some((Instant::now(), report.clone()));
        report
    }

    async fn check(&self) -> Report {
        let ([openmemory, database], llm_api, secrets) = tokio::join!(
            self.check_store(),
            self.check_model(),
            self.secrets.current()
        );
        let storage = self
            .storage
            .as_ref()
            .map_or(Check::NotUsed, |check| check());
        let checks = Checks {
            openmemory,
            database,
            llm_api,
            settings: report::settings(&secrets.missing()),
            storage,
        };
        Report::new(now(), checks)
    }

    /// Checks the memory store and its database.
    async fn check_store(&self) -> [Check; 2] {
        match tokio::time::timeout(CHECK_TIMEOUT, self.openmemory.health()).await {
            Ok(Ok(health)) => [Check::Healthy, report::database(health.database.as_deref())],
            Ok(Err(error)) => [Check::Failed(format!("{error}.")), Check::Unknown],
            Err(_) => [
                Check::Failed("OpenMemory did not answer in time.".to_owned()),
                Check::Unknown,
            ],
        }
    }

    async fn check_model(&self) -> Check {
        let Some(llm) = &self.llm else {
            return Check::NotUsed;
        };
        match tokio::time::timeout(CHECK_TIMEOUT, llm.check()).await {
            Ok(Ok(())) => Check::Healthy,
            Ok(Err(error)) => Check::Failed(format!("Extraction is paused: {error}.")),
            Err(_) => Check::Failed(
                "Extraction is paused: the provider did not answer in time.".to_owned(),
            ),
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a report contains the time it was made"
)]
fn now() -> Timestamp {
    Timestamp::now()
}
