//! When and how soon a provider is asked again.

use std::time::Duration;

use super::LlmError;
use crate::http_client::CallError;

/// How often one prompt is sent before the job goes back to the queue.
pub const MAX_TRIES: u32 = 3;
/// The first pause is at most this long; each further one at most twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// A provider that asks for a longer pause is left alone: the job goes back to the queue.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// How long to wait before the next try after `tries` failed, or `None` when there should be none.
#[must_use]
pub fn pause(error: &LlmError, tries: u32) -> Option<Duration> {
    if error.is_final() || tries >= MAX_TRIES {
        return None;
    }
    match error {
        LlmError::Call(CallError::Throttled(Some(asked))) => {
            (*asked <= LONGEST_PAUSE).then_some(*asked)
        }
        // An answer that took the whole time and never came will not come faster.
        LlmError::Call(CallError::TimedOut) => None,
        _ => Some(FIRST_PAUSE.mul_f64(f64::from(1 << (tries - 1)) * fastrand::f64())),
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;
    use crate::llm::Usage;

    #[test]
    fn a_stumble_is_retried_with_growing_random_pauses_and_then_no_more() {
        let error = LlmError::Call(CallError::Failing(StatusCode::BAD_GATEWAY));
        for (tries, longest) in [(1, 500), (2, 1000)] {
            assert!(pause(&error, tries).unwrap() <= Duration::from_millis(longest));
        }
        assert_eq!(pause(&error, MAX_TRIES), None);
    }

    #[test]
    fn a_pause_that_the_provider_asks_for_is_kept_or_left_to_the_queue() {
        let throttled =
            |seconds| LlmError::Call(CallError::Throttled(Some(Duration::from_secs(seconds))));
        assert_eq!(pause(&throttled(7), 1), Some(Duration::from_secs(7)));
        assert_eq!(pause(&throttled(60), 1), None);
    }

    #[test]
    fn what_is_final_is_not_asked_again() {
        for error in [
            LlmError::NoKey,
            LlmError::QuotaUsedUp,
            LlmError::Refused(Usage::default()),
            LlmError::Call(CallError::Refused(StatusCode::BAD_REQUEST)),
        ] {
            assert_eq!(pause(&error, 1), None, "{error}");
        }
    }
}
