//! `GET /health`: whether calls can be served, and if not, why.
//!
//! Checks ask for real and are cached, so that a watchful load balancer costs the store nothing.

mod report;

pub use report::{Check, Report, Status};

use report::Checks;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use common::llm::Llm;
use common::openmemory::OpenMemory;
use common::secrets::Secrets;
use jiff::Timestamp;
use tokio::sync::Mutex;
use tracing::error;

/// How long an answer is good.
const CACHED: Duration = Duration::from_secs(30);
/// How long one check may take.
const DEADLINE: Duration = Duration::from_secs(3);

/// What this endpoint works with; cheap to clone.
#[derive(Clone)]
pub struct Health {
    openmemory: OpenMemory,
    llm: Option<Llm>,
    secrets: Secrets,
    storage: Option<Arc<dyn Fn() -> Check + Send + Sync>>,
    last: Arc<Mutex<Option<(Instant, Report)>>>,
}

impl Health {
    /// The endpoint over what calls depend on.
    #[must_use]
    pub fn new(openmemory: OpenMemory, llm: Option<Llm>, secrets: Secrets) -> Self {
        Self {
            openmemory,
            llm,
            secrets,
            storage: None,
            last: Arc::default(),
        }
    }

    /// The same with a check of the disk that calls are kept on.
    #[must_use]
    pub fn with_storage(self, check: impl Fn() -> Check + Send + Sync + 'static) -> Self {
        Self {
            storage: Some(Arc::new(check)),
            ..self
        }
    }
}

/// The route of this endpoint.
pub fn router(state: Health) -> Router {
    Router::new()
        .route("/health", get(health))
        .with_state(state)
}

async fn health(State(state): State<Health>) -> Response {
    let report = state.report().await;
    (report.http_status(), Json(report)).into_response()
}

impl Health {
    /// The cached report, or a fresh one. Whoever asks meanwhile waits for the same.
    async fn report(&self) -> Report {
        let mut last = self.last.lock().await;
        if let Some((_, report)) = last.as_ref().filter(|(at, _)| at.elapsed() < CACHED) {
            return report.clone();
        }
        let report = self.check().await;
        for reason in &report.reasons {
            error!(reason, "a health check failed");
        }
        *last = Some((Instant::now(), report.clone()));
        report
    }

    async fn check(&self) -> Report {
        let (store, model, secrets) = tokio::join!(
            self.check_store(),
            self.check_model(),
            self.secrets.current()
        );
        let [openmemory, database] = store;
        let storage = self
            .storage
            .as_ref()
            .map_or(Check::NotUsed, |check| check());
        let checks = Checks {
            openmemory,
            database,
            llm_api: model,
            settings: report::settings(&secrets.missing()),
            storage,
        };
        Report::new(now(), checks)
    }

    /// The store, and what it says of its own database.
    async fn check_store(&self) -> [Check; 2] {
        match tokio::time::timeout(DEADLINE, self.openmemory.health()).await {
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
        match tokio::time::timeout(DEADLINE, llm.check()).await {
            Ok(Ok(())) => Check::Healthy,
            Ok(Err(error)) => Check::Failed(format!("Extraction waits: {error}.")),
            Err(_) => {
                Check::Failed("Extraction waits: the provider did not answer in time.".to_owned())
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a report says when it was made")]
fn now() -> Timestamp {
    Timestamp::now()
}
