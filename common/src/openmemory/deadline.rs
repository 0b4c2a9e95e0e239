//! The deadline of a webhook's requests to the memory store. A caller is waiting, so the webhook
//! answers without what is late.

use std::future::Future;
use std::time::Duration;

use super::OpenMemoryError;
use crate::http_client::CallError;
use crate::measure;

/// Returns the result of `call`. A call that misses the deadline has timed out. A failure counts as
/// a degraded answer of the webhook with this path.
///
/// # Errors
/// [`OpenMemoryError`]
pub async fn within_deadline<T>(
    webhook: &'static str,
    deadline: Duration,
    call: impl Future<Output = Result<T, OpenMemoryError>>,
) -> Result<T, OpenMemoryError> {
    let result = match tokio::time::timeout(deadline, call).await {
        Ok(result) => result,
        Err(_) => Err(CallError::TimedOut.into()),
    };
    result.inspect_err(|_| measure::degraded_answer(webhook))
}
