//! Limits how many requests each client may make.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

/// Number of clients at which those with a full budget are dropped from the table.
const MAX_CLIENTS: usize = 10_000;

/// The address of a client, if it is known.
type Client = Option<IpAddr>;
/// The budgets of clients.
type Clients = HashMapStateStore<Client>;

/// A budget of requests for each client address; a spent budget refills evenly over one minute.
#[derive(Debug)]
pub(crate) struct RateLimit<C: Clock = DefaultClock> {
    limiter: RateLimiter<Client, Clients, C, NoOpMiddleware<C::Instant>>,
}

impl RateLimit {
    pub(crate) fn new(per_minute: NonZeroU32) -> Self {
        Self::with_clock(per_minute, DefaultClock::default())
    }
}

impl<C: Clock> RateLimit<C> {
    fn with_clock(per_minute: NonZeroU32, clock: C) -> Self {
        Self {
            limiter: RateLimiter::hashmap_with_clock(Quota::per_minute(per_minute), clock),
        }
    }

    /// Takes one request from a client's budget. The error is the time until the next one is
    /// allowed.
    pub(crate) fn admit(&self, client: Client) -> Result<(), Duration> {
        if self.limiter.len() >= MAX_CLIENTS {
            self.limiter.retain_recent();
        }
        self.limiter
            .check_key(&client)
            .map_err(|until| until.wait_time_from(self.limiter.clock().now()))
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    fn limit(per_minute: u32) -> (RateLimit<FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        let per_minute = NonZeroU32::new(per_minute).unwrap();
        (RateLimit::with_clock(per_minute, clock.clone()), clock)
    }

    #[test]
    fn an_exhausted_budget_affects_one_client_and_refills() {
        let (limit, clock) = limit(2);
        let one = Some(IpAddr::from([127, 0, 0, 1]));
        assert!(limit.admit(one).is_ok() && limit.admit(one).is_ok());
        assert_eq!(limit.admit(one), Err(Duration::from_secs(30)));
        assert!(limit.admit(Some(IpAddr::from([127, 0, 0, 2]))).is_ok());
        clock.advance(Duration::from_secs(31));
        assert!(limit.admit(one).is_ok());
        assert_eq!(limit.admit(one), Err(Duration::from_secs(29)));
    }

    #[test]
    fn clients_with_a_full_budget_are_dropped_from_a_full_table() {
        let (limit, clock) = limit(2);
        for client in 0..u32::try_from(MAX_CLIENTS).unwrap() {
            assert!(
                limit
                    .admit(Some(IpAddr::from(client.to_be_bytes())))
                    .is_ok()
            );
        }
        assert_eq!(limit.limiter.len(), MAX_CLIENTS);
        clock.advance(Duration::from_secs(61));
        assert!(limit.admit(None).is_ok());
        assert_eq!(limit.limiter.len(), 1);
    }
}
