//! How many requests one client may make. Pure: the moment is given.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Clients that are remembered at once; when there are more, those that have been quiet are
/// forgotten.
const MOST_CLIENTS: usize = 10_000;

/// A budget for each client address that fills up again evenly over a minute.
#[derive(Debug)]
pub(crate) struct RateLimit {
    per_minute: f64,
    clients: Mutex<HashMap<Option<IpAddr>, Budget>>,
}

#[derive(Clone, Copy, Debug)]
struct Budget {
    left: f64,
    at: Instant,
}

impl RateLimit {
    pub(crate) fn new(per_minute: u32) -> Self {
        Self {
            per_minute: f64::from(per_minute),
            clients: Mutex::default(),
        }
    }

    /// Takes one request off a client's budget; the error says how long to wait.
    pub(crate) fn admit(&self, client: Option<IpAddr>, now: Instant) -> Result<(), Duration> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if clients.len() >= MOST_CLIENTS {
            clients.retain(|_, budget| self.left(*budget, now) < self.per_minute);
        }
        let budget = clients.get(&client).copied().unwrap_or(Budget {
            left: self.per_minute,
            at: now,
        });
        let left = self.left(budget, now);
        if left < 1.0 {
            return Err(Duration::from_secs_f64(
                (1.0 - left) * 60.0 / self.per_minute,
            ));
        }
        clients.insert(
            client,
            Budget {
                left: left - 1.0,
                at: now,
            },
        );
        Ok(())
    }

    fn left(&self, budget: Budget, now: Instant) -> f64 {
        let regained =
            now.saturating_duration_since(budget.at).as_secs_f64() * self.per_minute / 60.0;
        (budget.left + regained).min(self.per_minute)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_runs_out_for_one_client_and_fills_up_again() {
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
