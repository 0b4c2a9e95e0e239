//! Remembers that a receiver is down. Otherwise each waiting job would occupy a worker until the
//! time limit, and calls would wait for workers.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// How long no event is sent after an outage.
const PAUSE: Duration = Duration::from_secs(5);

/// The last outage of a receiver.
#[derive(Debug, Default)]
pub(super) struct Outage {
    /// When one delivery may try again. `None` while the receiver works.
    retry_at: Mutex<Option<Timestamp>>,
}

impl Outage {
    /// Returns whether an event may be sent, or else how long to wait. During an outage, a single
    /// delivery per pause may try.
    pub(super) fn enter(&self, now: Timestamp) -> Result<(), Duration> {
        let mut retry_at = self.retry_at.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(at) = *retry_at else { return Ok(()) };
        match Duration::try_from(at.duration_since(now)) {
            Ok(left) if !left.is_zero() => Err(left),
            _ => {
                *retry_at = Some(after(now, PAUSE));
                Ok(())
            }
        }
    }

    /// Records that the receiver works.
    pub(super) fn end(&self) {
        *self.retry_at.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Records that the receiver is down, and the pause that it asked for.
    pub(super) fn begin(&self, now: Timestamp, requested: Option<Duration>) {
        let pause = requested.unwrap_or_default().max(PAUSE);
        *self.retry_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(after(now, pause));
    }
}

fn after(now: Timestamp, pause: Duration) -> Timestamp {
    SignedDuration::try_from(pause)
        .ok()
        .and_then(|pause| now.checked_add(pause).ok())
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn during_an_outage_one_delivery_per_pause_tries() {
        let outage = Outage::default();
        assert_eq!(outage.enter(at(0)), Ok(()));
        outage.begin(at(0), None);
        assert_eq!(outage.enter(at(2)), Err(Duration::from_secs(3)));
        assert_eq!(outage.enter(at(5)), Ok(()));
        assert_eq!(outage.enter(at(5)), Err(PAUSE), "another one tries already");
        outage.end();
        assert_eq!(outage.enter(at(6)), Ok(()));
    }

    #[test]
    fn a_longer_pause_is_that_of_the_receiver() {
        let outage = Outage::default();
        outage.begin(at(0), Some(Duration::from_secs(60)));
        assert_eq!(outage.enter(at(20)), Err(Duration::from_secs(40)));
    }
}
