//! Waits for a condition.

use std::time::{Duration, Instant};

const TIMEOUT: Duration = Duration::from_secs(120);
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Calls `probe` repeatedly until it returns a value.
///
/// # Panics
/// After two minutes, with the description of what was expected.
pub async fn eventually<T>(expectation: &str, mut probe: impl AsyncFnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(value) = probe().await {
            return value;
        }
        assert!(started.elapsed() < TIMEOUT, "timed out: {expectation}");
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}
