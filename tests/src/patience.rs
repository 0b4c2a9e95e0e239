//! Waiting for something to become true.

use std::time::{Duration, Instant};

/// After this the test fails.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked.
const LOOK: Duration = Duration::from_millis(10);

/// Looks again and again until `probe` finds something.
///
/// # Panics
/// When it finds nothing for half a minute.
pub async fn eventually<T>(what: &str, mut probe: impl AsyncFnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = probe().await {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "waited in vain: {what}");
        tokio::time::sleep(LOOK).await;
    }
}
