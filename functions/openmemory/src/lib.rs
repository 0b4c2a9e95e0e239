//! The memory service as a function: opened once its secrets are there, and again when they change.
//!
//! A first deployment has no secrets yet. Until the database and the key are in the secret every
//! call is answered with 503 and says which is missing: without a key the service would be open to
//! the whole internet.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use common::secrets::{SecretSet, Secrets};
use openmemory::{AppState, Settings, StartError};
use serde_json::json;
use tokio::sync::Mutex;
use tower::ServiceExt;

/// Connections to the database: an instance works on one call at a time, and makes vectors beside
/// it.
const CONNECTIONS: u32 = 2;

/// The memory service behind its secrets. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Service {
    secrets: Secrets,
    settings: Settings,
    opened: Arc<Mutex<Option<Opened>>>,
}

/// A service that was opened with these secrets.
#[derive(Debug)]
struct Opened {
    secrets: Arc<SecretSet>,
    state: AppState,
    router: Router,
}

/// Why the service cannot answer yet.
#[derive(Debug, thiserror::Error)]
enum Closed {
    #[error("The secrets cannot be read")]
    Unknown,
    #[error("{0} is not set in the secret")]
    Missing(&'static str),
    #[error("DATABASE_URL must be a postgresql:// address: a function has no disk of its own")]
    NoPostgres,
    #[error("The database cannot be opened; the log says why")]
    Start(#[from] StartError),
}

impl Service {
    /// A service with these settings, whose database and key come from the secrets. Nothing is
    /// opened yet.
    #[must_use]
    pub fn new(secrets: Secrets, settings: Settings) -> Self {
        Self {
            secrets,
            settings: settings.with_pool(CONNECTIONS, 0),
            opened: Arc::default(),
        }
    }

    /// The router of the service as the secrets want it now.
    async fn current(&self) -> Result<Router, Closed> {
        let mut opened = self.opened.lock().await;
        let secrets = self.secrets.current().await;
        if let Some(open) = opened.as_ref().filter(|open| open.serves(&secrets)) {
            return Ok(open.router.clone());
        }
        let state = openmemory::open(&self.settings_with(&secrets)?).await?;
        let next = Opened {
            secrets,
            router: openmemory::router(state.clone()),
            state,
        };
        let router = next.router.clone();
        if let Some(before) = opened.replace(next) {
            before.state.close().await;
        }
        Ok(router)
    }

    fn settings_with(&self, secrets: &SecretSet) -> Result<Settings, Closed> {
        if secrets.is_unknown() {
            return Err(Closed::Unknown);
        }
        let database = secrets
            .database_url()
            .ok_or(Closed::Missing("DATABASE_URL"))?;
        let key = secrets
            .openmemory_api_key()
            .ok_or(Closed::Missing("OPENMEMORY_API_KEY"))?;
        if !database.starts_with("postgres") {
            return Err(Closed::NoPostgres);
        }
        let embedding_key = secrets.embedding_api_key().map(|key| key.to_owned().into());
        let settings = self
            .settings
            .clone()
            .with_database_url(database)
            .with_embedding_api_key(embedding_key);
        Ok(settings.with_api_key(Some(key.to_owned().into())))
    }

    /// Looks for a newer key after one was refused, so that a rotation arrives with the next call.
    async fn look_for_a_newer_key(&self) {
        let known = self.secrets.current().await;
        let is_newer = |secrets: &SecretSet| {
            if std::ptr::eq(secrets, &*known) {
                Err(())
            } else {
                Ok(())
            }
        };
        // Without a newer one the refusal stands.
        let _ = self.secrets.check(is_newer).await;
    }
}

impl Opened {
    fn serves(&self, secrets: &Arc<SecretSet>) -> bool {
        Arc::ptr_eq(&self.secrets, secrets)
            || (self.secrets.database_url() == secrets.database_url()
                && self.secrets.openmemory_api_key() == secrets.openmemory_api_key()
                && self.secrets.embedding_api_key() == secrets.embedding_api_key())
    }
}

/// Answers every call through the service.
pub fn router(service: Service) -> Router {
    Router::new().fallback(answer).with_state(service)
}

async fn answer(State(service): State<Service>, request: Request<Body>) -> Response {
    let router = match service.current().await {
        Ok(router) => router,
        Err(closed) => return closed.into_response(),
    };
    let response = match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    if response.status() == StatusCode::UNAUTHORIZED {
        service.look_for_a_newer_key().await;
    }
    response
}

impl IntoResponse for Closed {
    fn into_response(self) -> Response {
        match &self {
            Self::Start(cause) => {
                tracing::error!(error = %cause, "the memory service does not start")
            }
            closed => tracing::warn!(reason = %closed, "the memory service is closed"),
        }
        let error = json!({ "code": "INTERNAL_ERROR", "message": self.to_string() });
        (
            StatusCode::SERVICE_UNAVAILABLE,
            Json(json!({ "status": "error", "error": error })),
        )
            .into_response()
    }
}
