//! `GET /health`: checks the database. Needs no API key.

use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use tokio::sync::Mutex;

use crate::start::AppState;

/// How long the result of a database check is reused.
const MAX_STATUS_AGE: Duration = Duration::from_secs(3);

/// The features of this service beyond the documented contract.
const EXTENSIONS: [&str; 8] = [
    "idempotency-key",
    "forget-caller",
    "list-caller",
    "supersede",
    "caller-aliases",
    "expiry",
    "distinct",
    "history",
];

/// The health of the service.
#[derive(Serialize)]
pub(super) struct HealthResponse {
    status: &'static str,
    version: &'static str,
    database: &'static str,
    uptime_seconds: u64,
    extensions: [&'static str; 8],
}

/// The result of the last database check. The check runs at most once every [`MAX_STATUS_AGE`],
/// however many requests arrive, because they need no key.
#[derive(Debug, Default)]
pub(crate) struct DatabaseStatus(Mutex<Option<(Instant, bool)>>);

impl DatabaseStatus {
    /// Whether the database responds. Concurrent requests wait for one check.
    async fn is_connected<F: Future<Output = bool>>(
        &self,
        now: Instant,
        check: impl FnOnce() -> F,
    ) -> bool {
        let mut last = self.0.lock().await;
        if let Some((checked_at, is_connected)) = *last
            && now.saturating_duration_since(checked_at) < MAX_STATUS_AGE
        {
            return is_connected;
        }
        let is_connected = check().await;
        *last = Some((now, is_connected));
        is_connected
    }
}

async fn ping(state: &AppState) -> bool {
    let result = state.memories.ping().await;
    if let Err(error) = &result {
        tracing::warn!(%error, "database check failed");
    }
    result.is_ok()
}

/// Returns 200 if the database responds, otherwise 503.
pub(super) async fn health(State(state): State<AppState>) -> (StatusCode, Json<HealthResponse>) {
    let (code, status, database) = if state
        .database
        .is_connected(Instant::now(), || ping(&state))
        .await
    {
        (StatusCode::OK, "healthy", "connected")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "unhealthy", "disconnected")
    };
    let health = HealthResponse {
        status,
        version: env!("CARGO_PKG_VERSION"),
        database,
        uptime_seconds: state.started.elapsed().as_secs(),
        extensions: EXTENSIONS,
    };
    (code, Json(health))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn many_health_requests_share_one_database_check() {
        let database = DatabaseStatus::default();
        let checks = AtomicUsize::new(0);
        let begin = Instant::now();
        let request = async |seconds: u64, responds: bool| {
            let check = || async {
                checks.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                responds
            };
            database
                .is_connected(begin + Duration::from_secs(seconds), check)
                .await
        };
        let all = futures_util::future::join_all((0..100).map(|_| request(0, true))).await;
        assert!(all.into_iter().all(|connected| connected));
        assert!(request(2, false).await, "a recent result is reused");
        assert_eq!(checks.load(Ordering::Relaxed), 1);
        assert!(
            !request(3, false).await,
            "an outage is noticed within seconds"
        );
        assert!(!request(5, true).await);
        assert!(request(6, true).await, "and so is the recovery");
        assert_eq!(checks.load(Ordering::Relaxed), 3);
    }
}
