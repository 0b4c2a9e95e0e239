//! Whether the database responds, checked at most every few seconds.

use std::time::{Duration, Instant};

use tokio::sync::Mutex;

/// How long the result of a database check is reused.
const MAX_STATUS_AGE: Duration = Duration::from_secs(3);

/// The result of the last database check. The check runs at most once every [`MAX_STATUS_AGE`],
/// however many requests arrive, because they need no key.
#[derive(Debug, Default)]
pub(super) struct DatabaseStatus(Mutex<Option<(Instant, bool)>>);

impl DatabaseStatus {
    /// Whether the database responds. Concurrent requests wait for one check.
    pub(super) async fn is_connected<F: Future<Output = bool>>(
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
