//! `GET /health`: open to everybody, and really asks the database.

use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use tokio::sync::Mutex;

use crate::start::AppState;

/// How long an answer of the database counts.
const MAX_STATUS_AGE: Duration = Duration::from_secs(3);

/// What this service can do beyond the documented contract.
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

/// How the service is.
#[derive(Serialize)]
pub(super) struct HealthResponse {
    status: &'static str,
    version: &'static str,
    database: &'static str,
    uptime_seconds: u64,
    extensions: [&'static str; 8],
}

/// Whether the database answered when it was last asked. It is asked at most every [`MAX_STATUS_AGE`]
/// however many want to know: nobody needs a key to ask.
#[derive(Debug, Default)]
pub(crate) struct DatabaseStatus(Mutex<Option<(Instant, bool)>>);

impl DatabaseStatus {
    /// Whoever asks while it is being asked waits for the same answer.
    async fn answers<F: Future<Output = bool>>(
        &self,
        now: Instant,
        ask: impl FnOnce() -> F,
    ) -> bool {
        let mut known = self.0.lock().await;
        if let Some((asked, answered)) = *known
            && now.saturating_duration_since(asked) < MAX_STATUS_AGE
        {
            return answered;
        }
        let answered = ask().await;
        *known = Some((now, answered));
        answered
    }
}

async fn ping(state: &AppState) -> bool {
    let answer = state.memories.ping().await;
    if let Err(error) = &answer {
        tracing::warn!(%error, "the database does not answer");
    }
    answer.is_ok()
}

/// 200 when the database answers, 503 when it does not.
pub(super) async fn health(State(state): State<AppState>) -> (StatusCode, Json<HealthResponse>) {
    let (code, status, database) = if state
        .database
        .answers(Instant::now(), || ping(&state))
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
    async fn however_many_ask_for_the_health_the_database_is_asked_once_in_a_while() {
        let (database, asked, begin) = (
            DatabaseStatus::default(),
            AtomicUsize::new(0),
            Instant::now(),
        );
        let ask = async |seconds: u64, answers: bool| {
            let now = begin + Duration::from_secs(seconds);
            let ping = || async {
                asked.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                answers
            };
            database.answers(now, ping).await
        };
        let all = futures_util::future::join_all((0..100).map(|_| ask(0, true))).await;
        assert!(all.into_iter().all(|answers| answers));
        assert!(ask(2, false).await, "what was known a moment ago counts");
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        assert!(!ask(3, false).await, "an outage is seen within seconds");
        assert!(!ask(5, true).await);
        assert!(ask(6, true).await, "and so is its end");
        assert_eq!(asked.load(Ordering::Relaxed), 3);
    }
}
