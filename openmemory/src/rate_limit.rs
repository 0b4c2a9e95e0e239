//! Limits how many requests each client may make. Pure: callers pass the current time.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Number of clients at which those with a full budget are dropped from the table.
const MAX_CLIENTS: usize = 10_000;

/// A token bucket for each client address; a full bucket refills evenly over one minute.
#[derive(Debug)]
pub(crate) struct RateLimit {
    per_minute: f64,
    clients: Mutex<HashMap<Option<IpAddr>, Budget>>,
}

#[derive(Clone, Copy, Debug)]
struct Budget {
    remaining: f64,
    updated_at: Instant,
}

impl RateLimit {
    pub(crate) fn new(per_minute: u32) -> Self {
        Self {
            per_minute: f64::from(per_minute),
            clients: Mutex::default(),
        }
    }

    /// Takes one request from a client's budget. The error is the time until the next one is
    /// allowed.
    pub(crate) fn admit(&self, client: Option<IpAddr>, now: Instant) -> Result<(), Duration> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if clients.len() >= MAX_CLIENTS {
            clients.retain(|_, budget| self.remaining(*budget, now) < self.per_minute);
        }
        let budget = clients.get(&client).copied().unwrap_or(Budget {
            remaining: self.per_minute,
            updated_at: now,
        });
        let remaining = self.remaining(budget, now);
        if remaining < 1.0 {
            return Err(Duration::from_secs_f64(
                (1.0 - remaining) * 60.0 / self.per_minute,
            ));
        }
        clients.insert(
            client,
            Budget {
                remaining: remaining - 1.0,
                updated_at: now,
            },
        );
        Ok(())
    }

    fn remaining(&self, budget: Budget, now: Instant) -> f64 {
        let regained = now
            .saturating_duration_since(budget.updated_at)
            .as_secs_f64()
            * self.per_minute
            / 60.0;
        (budget.remaining + regained).min(self.per_minute)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exhausted_budget_affects_one_client_and_refills() {
        let limit = RateLimit::new(2);
        let start = Instant::now();
        let one = Some(IpAddr::from([127, 0, 0, 1]));
        assert!(limit.admit(one, start).is_ok() && limit.admit(one, start).is_ok());
        let wait = limit.admit(one, start).unwrap_err();
        assert!(wait > Duration::from_secs(29) && wait <= Duration::from_secs(30));
        assert!(
            limit
                .admit(Some(IpAddr::from([127, 0, 0, 2])), start)
                .is_ok()
        );
        assert!(limit.admit(one, start + Duration::from_secs(31)).is_ok());
    }
}
