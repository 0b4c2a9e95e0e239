//! The OpenMemory server as a Lambda function. It opens when its secrets are set, and again when
//! they change.
//!
//! A new deployment has no secrets yet. Until they are set, every request is answered with 503 and
//! the name of the missing one. A key is required unless AWS checks the signature of every request
//! ([`Access::SignedRequests`]): without either, the server would be open to the whole internet.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use common::secrets::{SecretSet, Secrets};
use openmemory::{AppState, Settings, StartError};
use secrecy::ExposeSecret;
use serde_json::json;
use tokio::sync::Mutex;
use tower::ServiceExt;

/// Maximum number of database connections. An instance handles one request at a time and computes
/// embeddings in the background.
const MAX_CONNECTIONS: u32 = 2;
/// How the URL of a DynamoDB table begins.
const DYNAMODB: &str = "dynamodb://";

/// How requests to the server are authenticated before they reach it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Not at all. The server requires `OPENMEMORY_API_KEY`.
    ApiKey,
    /// AWS rejects requests without a valid signature of an allowed role. The server requires
    /// `OPENMEMORY_API_KEY` only when it is set.
    SignedRequests,
}

impl Access {
    /// Reads `OPENMEMORY_AUTH`: `iam` stands for signed requests.
    #[must_use]
    pub fn from_setting(auth: Option<&str>) -> Self {
        match auth {
            Some("iam") => Self::SignedRequests,
            _ => Self::ApiKey,
        }
    }
}

/// The OpenMemory server, opened according to its secrets. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Service {
    secrets: Secrets,
    settings: Settings,
    access: Access,
    open: Arc<Mutex<Option<OpenServer>>>,
}

/// A server and the secrets it was opened with.
#[derive(Debug)]
struct OpenServer {
    secrets: Arc<SecretSet>,
    state: AppState,
    router: Router,
}

/// Why the server is not open.
#[derive(Debug, thiserror::Error)]
enum NotOpen {
    #[error("The secrets could not be read")]
    SecretsUnavailable,
    #[error("{0} is not set in the secret")]
    MissingSecret(&'static str),
    #[error(
        "DATABASE_URL must be postgresql://… or dynamodb://TABLE: a Lambda function has no disk of its own"
    )]
    NotShared,
    #[error("The database could not be opened; see the log for the reason")]
    Start(#[from] StartError),
}

impl Service {
    /// Creates a service with these settings. Its database and API key come from the secrets, the
    /// name of a DynamoDB table from the settings as well. It opens with the first request.
    #[must_use]
    pub fn new(secrets: Secrets, settings: Settings, access: Access) -> Self {
        Self {
            secrets,
            access,
            settings: settings.with_pool(MAX_CONNECTIONS, 0),
            open: Arc::default(),
        }
    }

    /// Returns the router of the server, reopened if the secrets have changed.
    async fn current(&self) -> Result<Router, NotOpen> {
        let mut open = self.open.lock().await;
        let secrets = self.secrets.current().await;
        if let Some(server) = open.as_ref().filter(|server| server.has_secrets(&secrets)) {
            return Ok(server.router.clone());
        }
        let state = openmemory::open(&self.settings_with(&secrets)?).await?;
        let next = OpenServer {
            secrets,
            router: openmemory::router(state.clone()),
            state,
        };
        let router = next.router.clone();
        if let Some(previous) = open.replace(next) {
            previous.state.close().await;
        }
        Ok(router)
    }

    fn settings_with(&self, secrets: &SecretSet) -> Result<Settings, NotOpen> {
        if secrets.is_unknown() {
            return Err(NotOpen::SecretsUnavailable);
        }
        let database = self.database_url(secrets)?;
        let key = secrets.openmemory_api_key();
        if key.is_none() && self.access == Access::ApiKey {
            return Err(NotOpen::MissingSecret("OPENMEMORY_API_KEY"));
        }
        let pepper = secrets.dynamodb_key_pepper();
        if database.starts_with(DYNAMODB) && pepper.is_none() {
            return Err(NotOpen::MissingSecret("DYNAMODB_KEY_PEPPER"));
        }
        let embedding_key = secrets.embedding_api_key().map(|key| key.to_owned().into());
        let settings = self
            .settings
            .clone()
            .with_database_url(database)
            .with_embedding_api_key(embedding_key)
            .with_dynamodb_key_pepper(pepper.cloned());
        Ok(settings.with_api_key(key.map(|key| key.to_owned().into())))
    }

    /// The URL in the secret. Without one, the URL in the environment if it names a table: other
    /// URLs may contain a password.
    fn database_url<'a>(&'a self, secrets: &'a SecretSet) -> Result<&'a str, NotOpen> {
        let own = Some(self.settings.database_url()).filter(|url| url.starts_with(DYNAMODB));
        let url = secrets
            .database_url()
            .or(own)
            .ok_or(NotOpen::MissingSecret("DATABASE_URL"))?;
        let is_shared = ["postgres://", "postgresql://", DYNAMODB]
            .iter()
            .any(|scheme| url.starts_with(scheme));
        if is_shared {
            Ok(url)
        } else {
            Err(NotOpen::NotShared)
        }
    }

    /// Reloads the secrets after a key was refused, so that the next request can use a rotated key.
    async fn refresh_secrets(&self) {
        let known = self.secrets.current().await;
        let changed = |secrets: &SecretSet| {
            if std::ptr::eq(secrets, &*known) {
                Err(())
            } else {
                Ok(())
            }
        };
        // If the secrets have not changed, the refusal stands.
        let _ = self.secrets.check(changed).await;
    }
}

impl OpenServer {
    fn has_secrets(&self, secrets: &Arc<SecretSet>) -> bool {
        Arc::ptr_eq(&self.secrets, secrets)
            || (self.secrets.database_url() == secrets.database_url()
                && self
                    .secrets
                    .dynamodb_key_pepper()
                    .map(ExposeSecret::expose_secret)
                    == secrets
                        .dynamodb_key_pepper()
                        .map(ExposeSecret::expose_secret)
                && self.secrets.openmemory_api_key() == secrets.openmemory_api_key()
                && self.secrets.embedding_api_key() == secrets.embedding_api_key())
    }
}

/// Returns a router that passes every request to the open server.
pub fn router(service: Service) -> Router {
    Router::new().fallback(forward).with_state(service)
}

async fn forward(State(service): State<Service>, request: Request<Body>) -> Response {
    let router = match service.current().await {
        Ok(router) => router,
        Err(not_open) => return not_open.into_response(),
    };
    let response = match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    if response.status() == StatusCode::UNAUTHORIZED {
        service.refresh_secrets().await;
    }
    response
}

impl IntoResponse for NotOpen {
    fn into_response(self) -> Response {
        match &self {
            Self::Start(cause) => {
                tracing::error!(error = %cause, "OpenMemory failed to start")
            }
            reason => tracing::warn!(%reason, "OpenMemory is not open"),
        }
        let error = json!({ "code": "INTERNAL_ERROR", "message": self.to_string() });
        (
            StatusCode::SERVICE_UNAVAILABLE,
            Json(json!({ "status": "error", "error": error })),
        )
            .into_response()
    }
}
