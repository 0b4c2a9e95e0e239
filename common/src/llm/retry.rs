//! Decides whether and when a failed request to a provider is retried.

use std::time::Duration;

use super::LlmError;
use crate::http_client::CallError;

/// How often a prompt is sent before the job returns to the queue.
pub const MAX_TRIES: u32 = 3;
/// Maximum delay before the first retry. It doubles with each further retry.
const FIRST_DELAY: Duration = Duration::from_millis(500);
/// Maximum delay that a provider may request. With a longer one, the job returns to the queue.
const MAX_REQUESTED_DELAY: Duration = Duration::from_secs(20);

/// Returns the delay before the next try after `tries` failed ones, or `None` if there should be no
/// further try. Delays are random, unless the provider requests one.
#[must_use]
pub fn retry_delay(error: &LlmError, tries: u32) -> Option<Duration> {
    if error.is_permanent() || tries >= MAX_TRIES {
        return None;
    }
    match error {
        LlmError::Call(CallError::Throttled(Some(requested))) => {
            (*requested <= MAX_REQUESTED_DELAY).then_some(*requested)
        }
        // A request that timed out would time out again.
        LlmError::Call(CallError::TimedOut) => None,
        _ => Some(FIRST_DELAY.mul_f64(f64::from(1 << (tries - 1)) * fastrand::f64())),
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;
    use crate::llm::Usage;

    #[test]
    fn a_transient_error_is_retried_with_growing_random_delays_up_to_the_limit() {
        let error = LlmError::Call(CallError::Failing(StatusCode::BAD_GATEWAY));
        for (tries, max_millis) in [(1, 500), (2, 1000)] {
            assert!(retry_delay(&error, tries).unwrap() <= Duration::from_millis(max_millis));
        }
        assert_eq!(retry_delay(&error, MAX_TRIES), None);
    }

    #[test]
    fn a_delay_requested_by_the_provider_is_used_unless_it_is_too_long() {
        let throttled =
            |seconds| LlmError::Call(CallError::Throttled(Some(Duration::from_secs(seconds))));
        assert_eq!(retry_delay(&throttled(7), 1), Some(Duration::from_secs(7)));
        assert_eq!(retry_delay(&throttled(60), 1), None);
    }

    #[test]
    fn a_permanent_error_is_not_retried() {
        for error in [
            LlmError::NoKey,
            LlmError::QuotaUsedUp,
            LlmError::Refused(Usage::default()),
            LlmError::Call(CallError::Refused(StatusCode::BAD_REQUEST)),
        ] {
            assert_eq!(retry_delay(&error, 1), None, "{error}");
        }
    }
}
